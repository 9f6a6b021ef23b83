import fc from "fast-check";
import { expect, test } from "vitest";
import { createEventParser, readEvents } from "./sse.ts";

const stream =
  '\uFEFF: hello\r\ndata: {"a":1}\r\n\r\nevent: end\ndata:first\ndata: second\nid: 7\n\nretry: 3\ndata\n\ndata: é€😀\r\rdata: cut';
const events = [
  { event: "message", data: '{"a":1}', id: "" },
  { event: "end", data: "first\nsecond", id: "7" },
  { event: "message", data: "", id: "7" },
  { event: "message", data: "é€😀", id: "7" },
];

test("cut at any characters, the events are the same", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(stream.length)), (cuts) => {
      const parse = createEventParser();
      const at = [0, ...cuts.toSorted((a, b) => a - b), stream.length];
      const got = at.slice(1).flatMap((end, i) => parse(stream.slice(at[i], end)));
      expect(got).toEqual(events);
    }),
  );
});

test("cut at any bytes, the characters are whole", async () => {
  const bytes = new TextEncoder().encode(stream);
  for (const size of [1, 2, 3, 5, 7, 1000]) {
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        for (let i = 0; i < bytes.length; i += size) controller.enqueue(bytes.slice(i, i + size));
        controller.close();
      },
    });
    const got = [];
    for await (const event of readEvents(body)) got.push(event);
    expect(got).toEqual(events);
  }
});
