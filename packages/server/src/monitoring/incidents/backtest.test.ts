import { expect, test } from "vitest";
import { latencyEdges, type Minute } from "../profiles/index.ts";
import { toMonitorSettings } from "../settings.ts";
import { createSystemJudge } from "../system/judge.ts";
import { minuteMs, type ReadMinutes } from "../system/recent-minutes.ts";
import { backtest } from "./backtest.ts";
import { hourMs, watched } from "./testing/hear.ts";

const start = 480_000 * hourMs;

/** Ten days, and for three hours of the ninth hardly any traffic. */
const read: ReadMinutes = ({ from, to }) => {
  const found: Minute[] = [];
  for (let minute = Math.max(from, start); minute < Math.min(to, start + 240 * hourMs); minute += 10 * minuteMs) {
    const hour = Math.floor((minute - start) / hourMs);
    const requests = hour >= 200 && hour < 203 ? 1 : 100;
    const latency = [requests, ...Array<number>(latencyEdges.length).fill(0)];
    found.push({ ...watched, minute, requests, rows: requests, errors: 0, refused: 0, fallbacks: 0, latency });
  }
  return Promise.resolve(found);
};

const order = {
  watched,
  now: start + 240 * hourMs,
  days: 10,
  signal: new AbortController().signal,
  progress: () => {},
};

test("a backtest goes through each window with traffic and tells what would have been, under other settings as well", async () => {
  const judges = [createSystemJudge({ read })];
  const usual = await backtest({ judges, read }, { ...order, settings: toMonitorSettings({})! });
  expect(usual).toMatchObject({ windows: 240, endpoint: "flight-delay", version: 3, messages: 2 });
  expect(usual.rules[0]).toMatchObject({ monitor: "traffic.volume", failed: 3, fired: 1, insufficient: 12 });
  expect(usual.incidents).toMatchObject([
    { severity: "warning", opened_at: new Date(start + 202 * hourMs).toISOString() },
  ]);
  const patient = toMonitorSettings({ drift: { windows: "4 of 5" } })!;
  const calm = await backtest({ judges, read }, { ...order, settings: patient });
  expect(calm.rules.find(({ monitor }) => monitor === "traffic.volume")).toMatchObject({ failed: 3, fired: 0 });
  expect([calm.incidents, calm.messages]).toEqual([[], 0]);
});

test("a backtest of more windows than anybody waits for is refused, and one can be cancelled", async () => {
  const judges = [createSystemJudge({ read })];
  const settings = toMonitorSettings({ window: "1s" })!;
  await expect(backtest({ judges, read }, { ...order, settings })).rejects.toMatchObject({
    code: "precondition_failed",
  });
  const signal = AbortSignal.abort(new Error("enough"));
  const given = { ...order, settings: toMonitorSettings({})!, signal };
  await expect(backtest({ judges, read }, given)).rejects.toThrow("enough");
});
