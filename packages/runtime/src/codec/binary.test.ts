import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Tensor } from "../tensor.ts";
import { byteLength, readTensorData, writeTensorData } from "./binary.ts";
import { anyDatatype, tensorOf } from "./testing/arbitraries.ts";

describe("binary layout", () => {
  test("every datatype comes back, at any offset", () => {
    fc.assert(
      fc.property(tensorOf({ datatype: anyDatatype }), fc.nat({ max: 9 }), (tensor, offset) => {
        const buffer = Buffer.alloc(offset + byteLength(tensor) + 3, 0xee);
        const end = writeTensorData(tensor, buffer, offset);
        expect(end).toBe(offset + byteLength(tensor));
        expect([...buffer.subarray(0, offset), ...buffer.subarray(end)].every((byte) => byte === 0xee)).toBe(true);
        expect(readTensorData(tensor.datatype, tensor.shape, buffer.subarray(offset, end))).toEqual(tensor.data);
      }),
      { numRuns: 400 },
    );
  });

  test("many elements and few lie the same way", () => {
    const many = Float32Array.from({ length: 50 }, (_, i) => i / 3);
    const block = Buffer.alloc(200);
    writeTensorData({ name: "x", datatype: "FP32", shape: [50], data: many }, block, 0);
    const single = Buffer.alloc(200);
    for (let i = 0; i < 50; i++) {
      writeTensorData({ name: "x", datatype: "FP32", shape: [1], data: many.subarray(i, i + 1) }, single, i * 4);
    }
    expect(block.equals(single)).toBe(true);
    expect(block.readFloatLE(4)).toBe(Math.fround(1 / 3));
  });

  test("the layout is that of the protocol", () => {
    const write = (tensor: Omit<Tensor, "name">) => {
      const buffer = Buffer.alloc(byteLength({ name: "x", ...tensor }));
      writeTensorData({ name: "x", ...tensor }, buffer, 0);
      return buffer.toString("hex");
    };
    expect(write({ datatype: "BYTES", shape: [2], data: ["ab", "é"] })).toBe("02000000616202000000c3a9");
    expect(write({ datatype: "BOOL", shape: [2], data: Uint8Array.of(1, 0) })).toBe("0100");
    expect(write({ datatype: "INT64", shape: [1], data: BigInt64Array.of(-2n) })).toBe("feffffffffffffff");
    expect(write({ datatype: "FP16", shape: [1], data: Uint16Array.of(0x3c00) })).toBe("003c");
  });

  test("bytes that are no text stay bytes", () => {
    const data = [Uint8Array.of(0xff, 0x00), "text", Uint8Array.of(0x61)];
    const buffer = Buffer.alloc(byteLength({ name: "x", datatype: "BYTES", shape: [3], data }));
    writeTensorData({ name: "x", datatype: "BYTES", shape: [3], data }, buffer, 0);
    expect(readTensorData("BYTES", [3], buffer)).toEqual([Uint8Array.of(0xff, 0x00), "text", "a"]);
  });

  test("aligned bytes are viewed, others copied", () => {
    const bytes = new Uint8Array(24);
    const aligned = readTensorData("FP64", [2], bytes.subarray(8)) as Float64Array;
    const copied = readTensorData("FP64", [2], bytes.subarray(4, 20)) as Float64Array;
    bytes.fill(0x40);
    expect(aligned[0]).not.toBe(0);
    expect(copied[0]).toBe(0);
  });

  test("wrong bytes are named", () => {
    expect(() => readTensorData("FP32", [2, 3], new Uint8Array(20), "x")).toThrow(
      'Tensor "x" (FP32 [2, 3]): expected 24 bytes, got 20.',
    );
    expect(() => readTensorData("BOOL", [2], Uint8Array.of(1, 7))).toThrow("element 1 is 7, expected 0 or 1");
    expect(() => readTensorData("BYTES", [1], Uint8Array.of(9, 0, 0, 0, 1))).toThrow("element 0 ends at byte 13");
    expect(() => readTensorData("BYTES", [1e9], new Uint8Array(8))).toThrow(
      "expected at least 4000000000 bytes, got 8",
    );
    expect(() => readTensorData("BYTES", [1], Uint8Array.of(0, 0, 0, 0, 0))).toThrow("1 elements end at byte 4");
    const short = Buffer.alloc(6);
    expect(() => writeTensorData({ name: "x", datatype: "BYTES", shape: [1], data: ["abc"] }, short, 0)).toThrow(
      RangeError,
    );
  });

  test("any bytes are read or refused", () => {
    fc.assert(
      fc.property(
        anyDatatype,
        fc.array(fc.nat({ max: 4 }), { maxLength: 3 }),
        fc.uint8Array({ maxLength: 40 }),
        (datatype, shape, bytes) => {
          try {
            readTensorData(datatype, shape, bytes);
          } catch (error) {
            expect(error).toMatchObject({ name: "SlipwayError", code: "invalid_input" });
          }
        },
      ),
    );
  });
});
