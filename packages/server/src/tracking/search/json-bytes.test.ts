import fc from "fast-check";
import { expect, test } from "vitest";
import { JsonBytes } from "./json-bytes.ts";

test("holds all that was added, whatever it takes in UTF-8", () => {
  const texts = fc.array(
    fc
      .tuple(fc.constantFrom("a", "ä", "€", "😀", "x😀", ""), fc.nat({ max: 40_000 }))
      .map(([text, times]) => text.repeat(times)),
    { maxLength: 6 },
  );
  fc.assert(
    fc.property(texts, (all) => {
      const json = new JsonBytes();
      for (const text of all) json.add(text);
      const bytes = json.toBytes();
      expect(bytes.buffer.byteLength).toBe(bytes.byteLength);
      expect(Buffer.compare(bytes, Buffer.from(all.join("")))).toBe(0);
    }),
    { numRuns: 50 },
  );
});
