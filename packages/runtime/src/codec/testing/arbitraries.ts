import fc from "fast-check";
import { createData, elementCount } from "../../datatype.ts";
import { datatypes } from "../../tensor.ts";
import type { Datatype, Tensor, TensorData } from "../../tensor.ts";

const elements: Record<Datatype, fc.Arbitrary<unknown>> = {
  BOOL: fc.integer({ min: 0, max: 1 }),
  UINT8: fc.integer({ min: 0, max: 255 }),
  UINT16: fc.integer({ min: 0, max: 65535 }),
  UINT32: fc.integer({ min: 0, max: 4294967295 }),
  UINT64: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  INT8: fc.integer({ min: -128, max: 127 }),
  INT16: fc.integer({ min: -32768, max: 32767 }),
  INT32: fc.integer({ min: -2147483648, max: 2147483647 }),
  INT64: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  // Bit patterns of NaNs are not kept on the way through a number.
  FP16: fc.integer({ min: 0, max: 65535 }).filter((bits) => (bits & 0x7c00) !== 0x7c00 || (bits & 0x3ff) === 0),
  FP32: fc.float(),
  FP64: fc.double(),
  BYTES: fc.string({ unit: "binary" }),
};

export const anyShape = fc.array(fc.nat({ max: 4 }), { maxLength: 3 });

export function tensorOf(options: {
  datatype: fc.Arbitrary<Datatype>;
  shape?: fc.Arbitrary<number[]>;
  name?: fc.Arbitrary<string>;
}): fc.Arbitrary<Tensor> {
  return fc
    .tuple(options.datatype, options.shape ?? anyShape, options.name ?? fc.string({ minLength: 1 }))
    .chain(([datatype, shape, name]) => {
      const count = elementCount(shape);
      return fc
        .array(elements[datatype], { minLength: count, maxLength: count })
        .map((values) => ({ name, datatype, shape, data: toData(datatype, values) }));
    });
}

export const anyDatatype = fc.constantFrom(...datatypes);

export function toData(datatype: Datatype, values: readonly unknown[]): TensorData {
  const data = createData(datatype, values.length) as unknown[];
  for (let i = 0; i < values.length; i++) data[i] = values[i];
  return data as unknown as TensorData;
}
