import { expect, test } from "vitest";
import type { ModelVersion } from "../registry/index.ts";
import { fitSettings, requirePlacement, toLoadKey, toPlacement, type LoadSettings } from "./load-settings.ts";

const version = (placement: string, report: object | null = null) =>
  ({ id: "id", placement, program: { kind: "onnx" }, report }) as unknown as ModelVersion;
const settings = (rest: Partial<LoadSettings> = {}): LoadSettings => ({ replicas: 1, ...rest });

test("a version runs where it was measured to, unless the endpoint says otherwise; on CUDA never in the server's thread", () => {
  expect(toPlacement(version("thread"), settings())).toBe("thread");
  expect(toPlacement(version("thread"), settings({ device: "cuda" }))).toBe("worker");
  expect(toPlacement(version("worker"), settings({ placement: "process", device: "cuda" }))).toBe("process");
  expect(() => requirePlacement("m@1", version("worker"), settings({ placement: "process" }))).not.toThrow();
  expect(() => requirePlacement("m@1", version("thread"), settings({ placement: "thread" }))).not.toThrow();
  const onGpu = settings({ placement: "thread", device: "cuda" });
  expect(() => requirePlacement("m@1", version("thread"), onGpu)).toThrow(/m@1 cannot run on CUDA in the server/);
});

test("what nobody waits for never runs in the server's thread, whatever it was measured to or the endpoint says", () => {
  for (const own of [{}, { placement: "thread" as const }]) {
    const background = settings({ ...own, background: true });
    expect(toPlacement(version("thread"), background)).toBe("worker");
    expect(() => requirePlacement("m@1", version("worker"), background)).not.toThrow();
  }
  expect(toPlacement(version("process"), settings({ background: true }))).toBe("process");
});

test("the server's thread is refused with what was measured, or why it was not", () => {
  const own = settings({ placement: "thread" });
  const report = { createMs: 12.34, runs: { firstMs: 1, p50Ms: 1, p95Ms: 2.5, count: 9 }, unbounded: [] };
  const refused = (given: object | null) => () => requirePlacement("m@1", version("worker", given), own);
  expect(refused(report)).toThrow(
    /opening took 12 ms \(at most 5\), 95 % of the runs of a row up to 2.5 ms \(at most 1\)/,
  );
  expect(refused({ ...report, unbounded: ["Loop", "If"] })).toThrow(/it has Loop and If, whose time/);
  expect(refused({ ...report, runs: null })).toThrow(/could not be measured/);
  expect(refused(null)).toThrow(/could not be measured/);
  // What stands in for another version runs where it can.
  expect(fitSettings(version("worker"), own)).toEqual({ replicas: 1 });
  expect(fitSettings(version("thread"), own)).toBe(own);
});

test("endpoints share a copy only where nothing about it differs", () => {
  const keys = [
    settings(),
    settings({ placement: "process" }),
    settings({ placement: "process", memoryBytes: 1 }),
    settings({ placement: "process", runLimitMs: 1 }),
    settings({ placement: "worker", threads: 2 }),
    settings({ placement: "worker", device: "cuda" }),
    settings({ placement: "worker", replicas: 2 }),
    settings({ background: true }),
    settings({ placement: "process", background: true }),
  ].map((each) => toLoadKey(version("thread"), each));
  expect(new Set(keys).size).toBe(keys.length);
  const same = [settings(), settings({ replicas: 2 }), settings({ threads: 1, memoryBytes: 5, runLimitMs: 5 })];
  expect(new Set(same.map((each) => toLoadKey(version("thread"), each))).size).toBe(1);
});
