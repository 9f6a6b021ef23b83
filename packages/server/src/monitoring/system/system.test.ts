import { describe, expect, test } from "vitest";
import { createRandom } from "@slipway/statistics";
import { systemClock } from "../../kernel/clock.ts";
import { silentLogger } from "../../kernel/logger.ts";
import { latencyBucket, latencyEdges, type Minute } from "../profiles/index.ts";
import type { HeardWindow } from "../incidents/watch-state.ts";
import { toMonitorSettings } from "../settings.ts";
import type { Watched } from "../watched.ts";
import { findBurn, lowerBound } from "./burn-rate.ts";
import { createSystemJudge } from "./judge.ts";
import { createPulse } from "./pulse.ts";
import { minuteMs, type ReadMinutes } from "./recent-minutes.ts";
import { toSaturationFindings } from "./to-findings.ts";

const hourMs = 60 * minuteMs;
const watched: Watched = { endpoint: "flight-delay", model: "flight-delay", version: 1 };
const settings = toMonitorSettings({})!;
const start = 480_000 * hourMs;

interface Shape {
  readonly requests: number;
  readonly errors?: number;
  readonly refused?: number;
  readonly ms?: number;
}

/** Minutes of traffic by the number of the minute; nothing where there is none. */
function createTraffic(shape: (minute: number) => Shape | null): ReadMinutes {
  return ({ from, to }) => {
    const found: Minute[] = [];
    for (let minute = Math.max(from, start); minute < to; minute += minuteMs) {
      const made = shape((minute - start) / minuteMs);
      if (made === null) continue;
      const { requests, errors = 0, refused = 0, ms = 3 } = made;
      const latency = Array<number>(latencyEdges.length + 1).fill(0);
      latency[latencyBucket(ms)] = requests;
      found.push({ ...watched, minute, requests, rows: requests, errors, refused, fallbacks: 0, latency });
    }
    return Promise.resolve(found);
  };
}

describe("a burn rate", () => {
  const steady = (bad: number, total: number) => () => ({ bad, total });

  test("is told by the fastest policy that is broken, over both of its windows", () => {
    expect(findBurn(0.001, steady(60, 1_000))!.policy).toMatchObject({ burn: 14.4, severity: "critical" });
    expect(findBurn(0.001, steady(100, 10_000))!.policy).toMatchObject({ burn: 6, severity: "critical" });
    expect(findBurn(0.001, steady(300, 100_000))!.policy).toMatchObject({ burn: 1, severity: "warning" });
    expect(findBurn(0.001, steady(1, 1_000))).toBeNull();
    // It is over: the short windows have no more of it.
    expect(findBurn(0.001, (ms) => ({ bad: ms >= hourMs && ms !== 6 * hourMs ? 500 : 0, total: 1_000 }))).toBeNull();
  });

  test("of little traffic is none: a bad request or two at night are no fire", () => {
    expect(findBurn(0.001, steady(1, 20))).toBeNull();
    expect(findBurn(0.001, steady(2, 30))).toBeNull();
    expect(lowerBound({ bad: 0, total: 0 })).toBe(0);
  });

  test("of an endpoint that fails half as often as it may alarms in none of ten weeks", () => {
    const random = createRandom(7);
    let alarms = 0;
    for (let week = 0; week < 10; week++) {
      // Each hour of a week stands on its own: 600 requests, of which one in two thousand fails.
      const bad = Array.from(
        { length: 168 },
        () => Array.from({ length: 600 }, random).filter((x) => x < 0.0005).length,
      );
      const sum = (hour: number, count: number) =>
        bad.slice(Math.max(0, hour - count), hour).reduce((a, b) => a + b, 0);
      const isAlarm = bad.some((_, hour) => {
        const shareOf = (ms: number) => {
          const count = Math.max(1, Math.round(ms / hourMs));
          return { bad: sum(hour + 1, count), total: 600 * Math.min(hour + 1, count) };
        };
        return findBurn(0.001, shareOf) !== null;
      });
      if (isAlarm) alarms++;
    }
    expect(alarms).toBe(0);
  });
});

describe("the pulse", () => {
  function openPulse(read: ReadMinutes, section: Parameters<typeof toMonitorSettings>[0] = {}) {
    let now = start;
    const heard: HeardWindow[] = [];
    const spec = { target: { model: watched.model, version: 1 }, serve: { timeoutMs: 30_000 } };
    const routes = new Map([["flight-delay", { endpoint: "flight-delay", spec, loaded: null }]]);
    const pulse = createPulse({
      endpoints: { snapshot: () => ({ epoch: 1, routes }) as never },
      read,
      settingsOf: () => toMonitorSettings(section),
      hear: async (windows) => void heard.push(...windows),
      tick: async () => {},
      clock: { ...systemClock, now: () => now },
      logger: silentLogger,
    });
    const lookAfter = async (minutes: number) => {
      now = start + minutes * minuteMs;
      await pulse.look();
      const { findings } = heard.at(-1)!.verdicts[0]!;
      return new Map(findings.map((finding) => [finding.monitor, finding]));
    };
    return { lookAfter, heard };
  }

  test("tells errors and slow answers within minutes, and that they are over", async () => {
    const isBad = (minute: number) => minute >= 300 && minute < 310;
    const read = createTraffic((minute) => ({
      requests: 100,
      errors: isBad(minute) ? 40 : 0,
      ms: isBad(minute) ? 900 : 3,
    }));
    const { lookAfter } = openPulse(read, { system: { latency: "200ms" } });
    const before = await lookAfter(299);
    expect([before.get("system.errors")!.verdict, before.get("system.latency")!.verdict]).toEqual(["pass", "pass"]);
    const during = await lookAfter(305);
    expect(during.get("system.errors")).toMatchObject({ verdict: "fail", severity: "critical" });
    expect(during.get("system.latency")).toMatchObject({ verdict: "fail" });
    expect(during.get("system.latency")!.message).toMatch(
      / requests of the last .* took over 200 ms, \d+ times what may/,
    );
    // The budget of three days is still burnt too fast, which wakes nobody.
    expect((await lookAfter(350)).get("system.errors")).toMatchObject({ verdict: "fail", severity: "warning" });
    expect((await lookAfter(680)).get("system.errors")!.verdict).toBe("pass");
  });

  test("tells that traffic has stopped where it used to come, not where it comes once a day or never did", async () => {
    const steady = openPulse(createTraffic((minute) => (minute < 300 ? { requests: 10 } : null)));
    expect((await steady.lookAfter(340)).get("traffic.stopped")!.verdict).toBe("pass");
    const stopped = await steady.lookAfter(500);
    expect(stopped.get("traffic.stopped")).toMatchObject({ verdict: "fail", severity: "warning" });
    expect(stopped.get("traffic.stopped")!.message).toMatch(/^No request for 3\.3 h; the longest pause/);
    const daily = openPulse(createTraffic((minute) => (minute % 1_440 < 60 ? { requests: 10 } : null)));
    for (const minute of [1_000, 2_800, 4_300, 5_700]) {
      const { verdict } = (await daily.lookAfter(minute)).get("traffic.stopped")!;
      expect(verdict, String(minute)).not.toBe("fail");
    }
    const tried = openPulse(createTraffic((minute) => (minute < 3 ? { requests: 1 } : null)));
    expect((await tried.lookAfter(2_000)).get("traffic.stopped")!.verdict).toBe("insufficient");
    const told = openPulse(
      createTraffic((minute) => (minute < 3 ? { requests: 1 } : null)),
      {
        system: { stopped_after: "10m" },
      },
    );
    expect((await told.lookAfter(20)).get("traffic.stopped")).toMatchObject({ verdict: "fail", severity: "critical" });
    const off = openPulse(
      createTraffic(() => null),
      { system: { stopped_after: "off" } },
    );
    expect((await off.lookAfter(20)).has("traffic.stopped")).toBe(false);
  });
});

describe("saturation", () => {
  test("says that nothing is refused any more where the copies are busy still", () => {
    const say = (busy: number, refused: number) =>
      toSaturationFindings({ busy, refused, requests: 100 }).map(({ metric, verdict }) => [metric, verdict]);
    expect(say(0.5, 20)).toEqual([
      ["refused_rate", "fail"],
      ["busy", "pass"],
    ]);
    expect(say(0.95, 0)).toEqual([
      ["refused_rate", "pass"],
      ["busy", "fail"],
    ]);
  });
});

describe("the judge of windows", () => {
  const judgeHour = async (hour: number, read: ReadMinutes, section: Parameters<typeof toMonitorSettings>[0] = {}) => {
    const window = { from: start + hour * hourMs, to: start + (hour + 1) * hourMs };
    const given = { ...settings, ...toMonitorSettings(section)! };
    const findings = await createSystemJudge({ read }).judge({ watched, window, settings: given, now: window.to });
    return new Map(findings.map((finding) => [finding.metric, finding]));
  };
  const noise = createRandom(3);
  const noisy = Array.from({ length: 10_000 }, () => 90 + Math.floor(noise() * 20));

  test("finds a third of the traffic, slow answers and malformed requests odd, and usual hours usual", async () => {
    const read = createTraffic((minute) => {
      const isOdd = minute >= 3_000 && minute < 3_060;
      const requests = noisy[minute]! * (isOdd ? 0.3 : 1);
      return { requests: Math.round(requests), refused: isOdd ? 9 : 0, ms: isOdd ? 40 : 3 };
    });
    const odd = await judgeHour(50, read);
    for (const metric of ["requests", "latency_p95", "refused_rate"])
      expect(odd.get(metric)!.verdict, metric).toBe("fail");
    expect(odd.get("requests")!.message).toMatch(/^\d+ requests, where \d+ are usual\.$/);
    for (let hour = 20; hour < 50; hour++)
      for (const [metric, { verdict }] of await judgeHour(hour, read))
        expect(verdict, `${hour} ${metric}`).toBe("pass");
  });

  test("says that it cannot tell while there is too little to compare with", async () => {
    const findings = await judgeHour(
      5,
      createTraffic(() => ({ requests: 10 })),
    );
    expect(findings.get("requests")).toMatchObject({ verdict: "insufficient", referenceRows: 5 });
    expect(
      (
        await judgeHour(
          5,
          createTraffic(() => null),
        )
      ).get("latency_p95")!.verdict,
    ).toBe("insufficient");
  });

  test("compares nights with nights where the season says so", async () => {
    const read = createTraffic((minute) => ({ requests: Math.floor(minute / 60) % 24 < 6 ? 1 : 50 }));
    const night = 24 * 20 + 3;
    expect((await judgeHour(night, read, { season: "hour_of_day" })).get("requests")!.verdict).toBe("pass");
    expect((await judgeHour(night, read)).get("requests")!.verdict).not.toBe("insufficient");
  });

  test("says nothing of windows that are no whole minutes, as traffic is counted by the minute", async () => {
    const read = createTraffic(() => ({ requests: 200 }));
    for (const window of ["15s", "90s"]) {
      const short = toMonitorSettings({ window })!;
      const judge = createSystemJudge({ read });
      for (let i = 100; i < 106; i++) {
        const from = start + i * short.windowMs;
        const input = { watched, window: { from, to: from + short.windowMs }, settings: short, now: from };
        const findings = await judge.judge(input);
        expect(findings.map(({ verdict }) => verdict)).toEqual(Array(6).fill("insufficient"));
      }
    }
  });
});
