import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "vitest";
import { listProcesses, parseCpuUs, readCpuUs, readMemory, readRssBytes } from "./process-usage.ts";

test("CPU time is user plus system time of the right fields", () => {
  const stat = "42 (a (b) c) S 1 42 42 0 -1 4194304 100 0 0 0 123 45 6 7 20 0 11 0 500 1000 200 18446744073709551615 1";
  expect(parseCpuUs(stat)).toBe(1_680_000);
});

test.runIf(process.platform === "linux")("it agrees with what Node says of itself", () => {
  const { user, system } = process.cpuUsage();
  expect(Math.abs(readCpuUs(process.pid) - user - system)).toBeLessThan(60_000);
  expect(readRssBytes(process.pid) / process.memoryUsage.rss()).toBeCloseTo(1, 0);
});

test.runIf(process.platform === "linux")(
  "a program and its children are found by a mark, and weighed together",
  async () => {
    const mark = `SLIPWAY_BENCH_TEST=${process.pid}`;
    // One that goes into a session of its own, and one that has lost the mark.
    const script = `const { spawn } = require("node:child_process"); spawn("sleep", ["60"], { detached: true });
    spawn("sleep", ["60"], { env: { PATH: process.env.PATH } }); console.log("up"); setInterval(() => 0, 1000)`;
    const env = { ...process.env, SLIPWAY_BENCH_TEST: String(process.pid) };
    const child = spawn(process.execPath, ["-e", script], { env, stdio: ["ignore", "pipe", "ignore"] });
    await once(child.stdout, "data");
    const pids = listProcesses(mark);
    expect(pids.length).toBe(3);
    expect(pids).not.toContain(process.pid);
    expect(pids).toContain(child.pid);
    const { rssBytes, pssBytes } = readMemory(pids);
    expect(pssBytes).toBeGreaterThan(1e6);
    expect(rssBytes).toBeGreaterThanOrEqual(pssBytes);
    expect(readCpuUs([...pids, 2 ** 22])).toBeGreaterThanOrEqual(0);
    for (const pid of pids) process.kill(pid, "SIGKILL");
  },
);
