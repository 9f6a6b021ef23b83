import { decodeExamples, type Signature } from "@slipway/runtime";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test, vi } from "vitest";
import { systemClock } from "../../kernel/clock.ts";
import { silentLogger } from "../../kernel/logger.ts";
import { createLake } from "../../platform/lake/index.ts";
import type { PreparedSample, SampleRequest } from "./sample-task.ts";

const lake = createLake({ memoryBytes: 2 ** 29, threads: 1, idleMs: 60_000, clock: systemClock, logger: silentLogger });
afterAll(() => lake.close());

vi.setConfig({ testTimeout: 120_000 });

const signature: Signature = {
  inputs: [
    { name: "hour", datatype: "INT64", shape: [-1], nullable: false, range: [0, 23] },
    { name: "km", datatype: "FP64", shape: [-1], nullable: true },
    { name: "origin", datatype: "BYTES", shape: [-1], nullable: true },
  ],
  outputs: [],
  packed: null,
  batched: true,
};
const folder = mkdtempSync(join(tmpdir(), "slipway-sample-"));

async function prepare(name: string, text: string) {
  const path = join(folder, name);
  writeFileSync(path, text);
  const hints = { thresholds: { km: [100.25] }, known: {} };
  const input: SampleRequest = { source: { path, file: name }, signature, hints, target: `${path}.rows` };
  const module = new URL("./sample-task.ts", import.meta.url);
  const prepared = await lake.run<PreparedSample>({ module, input });
  const rows = prepared.edges.length === 0 ? null : decodeExamples(readFileSync(input.target)).requests[0]!;
  return { prepared, rows };
}

const lines = (count: number) =>
  Array.from({ length: count }, (_, i) => `${i % 24},${i % 7 === 0 ? "" : i / 4},${["SFO", "LAX"][i % 2]}`);

test("a sample is read with what lies at its edges", async () => {
  const { prepared, rows } = await prepare("good.csv", ["hour,km,origin", ...lines(1200), "99,1,SFO"].join("\n"));
  expect(prepared).toMatchObject({ rows: 1200, left: 1, why: expect.stringMatching(/hour/) });
  const [hours, km, origins] = rows!.map(({ data }) => data);
  expect(new Set([...(hours as BigInt64Array)].slice(0, 1200)).size).toBe(24);
  // The range keeps callers away from what lies beyond it.
  expect([...(hours as BigInt64Array)].every((hour) => hour >= 0n && hour <= 23n)).toBe(true);
  for (const edge of [Infinity, -0, 100.25, 100.25 + 2 ** -46, Math.fround(100.25), 1e300, 2 ** 24 + 1])
    expect(
      [...(km as Float64Array)].some((value) => Object.is(value, edge)),
      String(edge),
    ).toBe(true);
  expect((origins as readonly unknown[]).includes("never seen before")).toBe(true);
  expect((origins as readonly unknown[]).some((value) => value instanceof Uint8Array)).toBe(true);
  // The same again, so that a proof can be repeated.
  const again = await prepare("again.csv", readFileSync(join(folder, "good.csv"), "utf8"));
  expect(again.rows).toEqual(rows);
});

test("a larger one is taken from all over the file", async () => {
  const { prepared, rows } = await prepare("large.csv", ["hour,km,origin", ...lines(25_000)].join("\n"));
  expect(prepared.rows).toBe(8334);
  const km = [...(rows![1]!.data as Float64Array)].slice(0, prepared.rows).filter((value) => !Number.isNaN(value));
  expect(Math.max(...km.slice(0, 500))).toBeGreaterThan(6000);
  expect(Math.min(...km.slice(0, 500))).toBeLessThan(200);
});

test("one of too few rows makes nothing up", async () => {
  const { prepared } = await prepare("few.csv", ["hour,km,origin", ...lines(999)].join("\n"));
  expect(prepared).toMatchObject({ rows: 999, left: 0, edges: [] });
});
