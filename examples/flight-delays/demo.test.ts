import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { areaUnderCurve, logLoss, type Scored } from "./demo/scores.ts";
import { wrap } from "./demo/screen.ts";

test("the demo runs through by itself and ends with 0", { timeout: 420_000 }, async () => {
  const script = fileURLToPath(new URL("./demo.ts", import.meta.url));
  const demo = spawn(process.execPath, [script, "--once"], { stdio: ["ignore", "pipe", "pipe"] });
  const [out, errors, [code]] = await Promise.all([text(demo.stdout), text(demo.stderr), once(demo, "close")]);
  expect({ code, errors }, out).toEqual({ code: 0, errors: "" });
  const line = /^ *([\d,]+) answered, ([\d,]+) on record$/m.exec(out);
  expect(line, out).not.toBeNull();
  expect(line?.[1]).toBe(line?.[2]);
  expect(Number(line?.[1]?.replaceAll(",", ""))).toBeGreaterThan(1000);
  expect(out).toMatch(/critical +open +origin_late_3h/);
  // Version 2 was promoted by what came true, version 3 taken back by it.
  expect(out).toMatch(/ended \d +flight-delay@2 serves all of the traffic\.$/m);
  expect(out).toMatch(/harm 1 .* of the challenger were wrong, .* that is harm/);
  expect(out).toMatch(/ended \d +flight-delay@2 serves all of the traffic again/);
  expect(out).not.toContain("\u001b");
});

describe("scores", () => {
  const scored = (...pairs: readonly [number, boolean][]): Scored[] =>
    pairs.map(([probability, late]) => ({ probability, late }));

  test("the area under the curve is the share of pairs in the right order, ties half", () => {
    // Late .8 .4, on time .4 .1: pairs .8>.4, .8>.1, .4=.4, .4>.1.
    expect(areaUnderCurve(scored([0.8, true], [0.4, false], [0.4, true], [0.1, false]))).toBeCloseTo(3.5 / 4, 12);
    expect(areaUnderCurve(scored([0.1, true], [0.9, false]))).toBe(0);
    expect(areaUnderCurve(scored([0.1, true]))).toBeNaN();
  });

  test("log loss", () => {
    expect(logLoss(scored([0.8, true], [0.1, false]))).toBeCloseTo(-(Math.log(0.8) + Math.log(0.9)) / 2, 12);
    expect(logLoss(scored([0, true]))).toBeCloseTo(-Math.log(1e-7), 6);
  });
});

test("lines are wrapped at words", () => {
  expect(wrap("one two three four", 9)).toEqual(["one two", "three", "four"]);
  expect(wrap("incomprehensible word", 9)).toEqual(["incomprehensible", "word"]);
});
