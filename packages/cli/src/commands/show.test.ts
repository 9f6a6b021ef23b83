import { expect, test } from "vitest";
import { runCommand, type RunOptions } from "../testing/context.ts";
import { diff } from "./show.ts";

const report = { path: "report.createMs", from: 4.1, to: 3.2 };
const size = { path: "files.model.onnx.size", from: 1, to: 2 };

function run(changes: readonly object[], more: RunOptions = {}) {
  const answers = { "GET /api/v1/models/f/diff": { model: "f", from: 1, to: 2, changes } };
  return runCommand(diff, { args: ["f@1", "f@2"], answers, ...more });
}

test("what the probe measured is shown with --all only", async () => {
  const short = await run([size, report]);
  expect(short.out).toBe("files.model.onnx.size: 1 -> 2\n");
  expect(short.err).toContain("--all");
  const whole = await run([size, report], { options: { all: true } });
  expect(whole.out).toContain("report.createMs: 4.1 -> 3.2");
  expect(whole.err).toBe("");
  const json = await run([size, report], { settings: { format: "json" } });
  expect(JSON.parse(json.out)).toEqual({ model: "f", from: 1, to: 2, changes: [size] });
});

test("versions that only measured differently do not differ", async () => {
  const { out, err } = await run([report]);
  expect(out).toBe("");
  expect(err).toMatch(/^They do not differ\.\n/);
});
