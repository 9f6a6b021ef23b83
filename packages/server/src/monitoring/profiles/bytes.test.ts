import { expect, test } from "vitest";
import { createByteReader, createByteWriter } from "./bytes.ts";

test("what is written is read back, also where the room for it is made in the middle", () => {
  for (const filled of [0, 4093, 4094, 4095, 4096]) {
    const out = createByteWriter();
    for (let i = 0; i < filled; i++) out.byte(7);
    for (const count of [0, 127, 128, 300, 2 ** 40, 2 ** 53 - 1]) out.count(count);
    out.word(-5);
    out.double(-0.1);
    out.text("Zürich 🛫");
    out.doubles(Float64Array.of(1, -2.5));
    out.doubles(Float64Array.of(0.1, 5e-324));
    const from = createByteReader(out.bytes());
    for (let i = 0; i < filled; i++) expect(from.byte()).toBe(7);
    expect(Array.from({ length: 6 }, () => from.count())).toEqual([0, 127, 128, 300, 2 ** 40, 2 ** 53 - 1]);
    expect([from.word(), from.double(), from.text()]).toEqual([-5, -0.1, "Zürich 🛫"]);
    expect([...from.doubles(), ...from.doubles()]).toEqual([1, -2.5, 0.1, 5e-324]);
    expect(() => from.byte()).toThrow("end too soon");
  }
});
