import { ms } from "../advice.ts";
import type { LoadtestJson } from "../to-json.ts";
import { toLatencyChart } from "./latency-chart.ts";
import { toSweepChart } from "./sweep-chart.ts";

/** The picture of a report: of a sweep latency and goodput over the rate, else latency over percentile. */
export function toChart(json: LoadtestJson): string {
  const { result, sweep, slo_ms: sloMs } = json;
  const facts = [
    `${json.version}, face ${json.face}, ${rowsOf(json)} a request, ${json.started_at.slice(0, 16).replace("T", " ")} UTC`,
  ];
  if (sweep === null)
    return toLatencyChart({
      title: `${json.endpoint}: latency at ${loadOf(json)}`,
      facts: [
        ...facts,
        `${result.requests} requests in ${result.seconds} s, ${result.failed} failed; ${Number(result.goodput_per_second.toPrecision(4))} a second within ${ms(sloMs)}`,
      ],
      sloMs,
      distribution: result.distribution_ms.map(({ share, ms: value }) => [share, value] as const),
      marks: toMarks(result.latency_ms),
      count: result.requests,
    });
  const { knee_per_second: knee } = sweep;
  return toSweepChart({
    title: `${json.endpoint}: ${knee === null ? "no rate holds" : `up to ${knee} requests a second hold`} ${ms(sloMs)}`,
    facts: [
      ...facts,
      `${sweep.probes.length} rates, ${sweep.probes[0]?.seconds ?? 0} s each; hollow where the SLO was missed`,
    ],
    sloMs,
    knee,
    points: lastOfEach(sweep.probes).map((probe) => ({
      perSecond: probe.wanted_per_second ?? 0,
      p50Ms: probe.latency_ms.p50,
      p99Ms: probe.latency_ms.p99,
      goodput: probe.goodput_per_second,
      holds: probe.holds,
    })),
  });
}

type Probes = NonNullable<LoadtestJson["sweep"]>["probes"];

/** A rate that was looked at twice counts as it was the second time. */
function lastOfEach(probes: Probes): Probes {
  return [...new Map(probes.map((probe) => [probe.wanted_per_second, probe])).values()];
}

function toMarks({ p50, p90, p99, p999 }: LoadtestJson["result"]["latency_ms"]) {
  return [
    [0.5, p50],
    [0.9, p90],
    [0.99, p99],
    [0.999, p999],
  ] as const;
}

function rowsOf({ inputs: { rows_per_request: rows } }: LoadtestJson): string {
  return rows === 1 ? "1 row" : `${Number(rows.toFixed(1))} rows`;
}

function loadOf({ mode, concurrency, result }: LoadtestJson): string {
  if (mode === "concurrency") return `${concurrency} at a time`;
  const rate = Number((result.wanted_per_second ?? 0).toPrecision(4));
  return `${rate} requests a second${mode === "trace" ? " (a recorded trace)" : ""}`;
}
