import fc from "fast-check";
import { expect, test } from "vitest";
import { toLatencyChart } from "./latency-chart.ts";
import { createLinearScale, createLogScale, createPercentileScale } from "./scale.ts";
import { toSweepChart } from "./sweep-chart.ts";

const positive = fc.double({ min: 0.001, max: 1e7, noNaN: true });

test("scales put every value between their ends, in order, and ticks have few digits", () => {
  fc.assert(
    fc.property(positive, positive, fc.double({ min: 0, max: 1, noNaN: true }), (a, b, share) => {
      const [from, to] = [Math.min(a, b), Math.max(a, b) + 0.001];
      const span = { start: 300, end: 20 };
      for (const scale of [createLinearScale({ from: 0, to, ...span }), createLogScale({ from, to, ...span })]) {
        const [low, high] = [scale.to(from), scale.to(to)];
        expect(low).toBeLessThanOrEqual(300.001);
        expect(high).toBeGreaterThanOrEqual(19.999);
        const between = scale.to(from + (to - from) * share);
        expect(between).toBeLessThanOrEqual(low + 0.001);
        expect(between).toBeGreaterThanOrEqual(high - 0.001);
        expect(scale.ticks.length).toBeGreaterThan(1);
        expect(scale.ticks.length).toBeLessThan(16);
      }
    }),
  );
  const nines = createPercentileScale({ to: 0.999, start: 0, end: 300 });
  expect([0, 0.9, 0.99, 0.999].map((share) => Math.round(nines.to(share)))).toEqual([0, 100, 200, 300]);
});

const page = { title: 'a "<b>" & c', facts: ["<script>alert(1)</script>"] };

test("what is drawn lies on the paper, and names stay text", () => {
  const latency = toLatencyChart({
    ...page,
    sloMs: 50,
    distribution: [
      [0.5, 1],
      [0.99, 40],
      [1, 900],
    ],
    marks: [
      [0.5, 1],
      [0.99, 40],
      [0.999, 800],
    ],
    count: 1000,
  });
  const points = [10, 20, 40].map((perSecond) => ({
    perSecond,
    p50Ms: 1,
    p99Ms: perSecond,
    goodput: perSecond,
    holds: perSecond < 40,
  }));
  const sweep = toSweepChart({ ...page, sloMs: 30, knee: 20, points });
  for (const svg of [latency, sweep]) {
    expect(svg).not.toMatch(/<script|<b>|NaN|Infinity|undefined/);
    expect(svg).toContain("a &quot;&lt;b>&quot; &amp; c");
    expect(svg).toContain("SLO ");
    expect(svg).toContain("prefers-color-scheme: dark");
    const [width = 0, height = 0] = [/width="(\d+)"/, /height="(\d+)"/].map((pattern) =>
      Number(pattern.exec(svg)?.[1]),
    );
    for (const [, x] of svg.matchAll(/ (?:x|x1|x2|cx)="([-\d.]+)"/g)) expect(Number(x)).toBeLessThanOrEqual(width);
    for (const [, y] of svg.matchAll(/ (?:y|y1|y2|cy)="([-\d.]+)"/g)) expect(Number(y)).toBeLessThanOrEqual(height);
    expect(svg).not.toMatch(/="-/);
  }
  expect(sweep).toContain("knee 20/s");
});

test("a run without an answer still has a picture", () => {
  const empty = toLatencyChart({ ...page, sloMs: 50, distribution: [], marks: [], count: 0 });
  expect(empty).not.toMatch(/NaN|Infinity|undefined/);
  expect(toSweepChart({ ...page, sloMs: 50, knee: null, points: [] })).not.toMatch(/NaN|Infinity|undefined/);
});
