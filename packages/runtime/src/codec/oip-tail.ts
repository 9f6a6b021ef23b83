import { SlipwayError } from "@slipway/contract/errors";
import { malformed, wrongInput } from "./oip-errors.ts";

/** The bytes behind the JSON of a request: the tensors that say `binary_data_size`, one after the other in their order. */
export interface BinaryTail {
  /** The next `size` bytes, a view. */
  take(name: string, size: number): Uint8Array;
  /** @throws SlipwayError where bytes are left that belong to no tensor */
  end(): void;
}

export function createTail(bytes: Uint8Array): BinaryTail {
  let at = 0;
  return {
    take(name, size) {
      const left = bytes.length - at;
      if (size > left) {
        const why = `says "binary_data_size" ${size}, but ${left} of the ${bytes.length} bytes behind the JSON are left`;
        throw wrongInput(name, why, { expected: size, got: left });
      }
      at += size;
      return bytes.subarray(at - size, at);
    },
    end() {
      const left = bytes.length - at;
      if (left > 0)
        throw malformed(
          `${left} of the ${bytes.length} bytes behind the JSON belong to no input; the inputs' sizes are ${at}`,
        );
    },
  };
}

/**
 * The header Inference-Header-Content-Length: the bytes of the JSON, behind which the tensors follow. Null where there is none.
 * @throws SlipwayError `invalid_request`
 */
export function parseHeaderLength(text: string | null, bodyLength: number): number | null {
  if (text === null) return null;
  const length = /^[0-9]{1,15}$/.test(text) ? Number(text) : -1;
  if (length >= 0 && length <= bodyLength) return length;
  throw new SlipwayError(
    "invalid_request",
    `Inference-Header-Content-Length must be the bytes of the JSON, from 0 to the ${bodyLength} of the body, got ${JSON.stringify(text.slice(0, 60))}.`,
    { expected: bodyLength, got: text.slice(0, 60) },
  );
}
