import fc from "fast-check";
import { expect, test } from "vitest";
import { createAnswerParser, type Answer } from "./answer-parser.ts";

const sized = "HTTP/1.1 201 Created\r\nContent-Length: 3\r\n\r\nabc";
const chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
const empty = "HTTP/1.1 204 No Content\r\n\r\n";
const refused = "HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\ncontent-length: 5\r\n\r\nlater";
const nothing = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n";

const wanted: readonly (readonly [string, Answer])[] = [
  [sized, { status: 201, last: false, refusal: null }],
  [chunked, { status: 200, last: false, refusal: null }],
  [empty, { status: 204, last: false, refusal: null }],
  [refused, { status: 503, last: true, refusal: Buffer.from("later") }],
  [nothing, { status: 200, last: false, refusal: null }],
];

test("an answer is whole when its body is, however it is cut, one after the other", () => {
  const cuts = fc.array(fc.nat(70), { maxLength: 6 });
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.constantFrom(...wanted), cuts), { minLength: 1 }), (answers) => {
      const parser = createAnswerParser();
      for (const [[text, answer], places] of answers) {
        const bytes = Buffer.from(text);
        const at = [0, ...places.filter((place) => place < bytes.length), bytes.length].sort((a, b) => a - b);
        const pieces = at.slice(1).map((end, i) => bytes.subarray(at[i], end));
        const found = pieces.map((piece) => parser.push(piece));
        expect(found.filter((one) => one !== null)).toEqual([answer]);
        expect(found.at(-1) ?? found.at(-2)).toEqual(answer);
      }
    }),
  );
});
