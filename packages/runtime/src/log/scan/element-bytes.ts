/** Codes of datatypes in the log: their index among the names of the protocol. */
export const datatypeCodes = {
  BOOL: 0,
  UINT8: 1,
  UINT16: 2,
  UINT32: 3,
  UINT64: 4,
  INT8: 5,
  INT16: 6,
  INT32: 7,
  INT64: 8,
  FP16: 9,
  FP32: 10,
  FP64: 11,
  BYTES: 12,
} as const;

/** Bytes of an element by code; 0 for texts. */
export const elementBytes: readonly number[] = [1, 1, 2, 4, 8, 1, 2, 4, 8, 2, 4, 8, 0];
