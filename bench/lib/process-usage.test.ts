import { expect, test } from "vitest";
import { parseCpuUs, readCpuUs, readRssBytes } from "./process-usage.ts";

test("CPU time is user plus system time of the right fields", () => {
  const stat = "42 (a (b) c) S 1 42 42 0 -1 4194304 100 0 0 0 123 45 6 7 20 0 11 0 500 1000 200 18446744073709551615 1";
  expect(parseCpuUs(stat)).toBe(1_680_000);
});

test.runIf(process.platform === "linux")("it agrees with what Node says of itself", () => {
  const { user, system } = process.cpuUsage();
  expect(Math.abs(readCpuUs(process.pid) - user - system)).toBeLessThan(60_000);
  expect(readRssBytes(process.pid) / process.memoryUsage.rss()).toBeCloseTo(1, 0);
});
