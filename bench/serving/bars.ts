import { median, ratios, toFigure, type Comparison } from "../lib/table.ts";
import type { Bar } from "../lib/bar.ts";
import type { WorkName } from "./works.ts";

/** What one work came to. */
export interface WorkResult {
  readonly work: string;
  /** As many requests as it takes. */
  readonly most: Comparison;
  /** At a fixed rate, see `chooseRate`. */
  readonly atRate: Comparison;
  /** One request at a time. */
  readonly idle: Comparison;
}

export const names = {
  slipway: "Slipway",
  slipwayGrpc: "Slipway gRPC",
  slipwaySameRate: "Slipway at the best peer's rate",
  mlserverGrpc: "MLServer gRPC",
  echo: "bare Fastify echo",
  raw: "ONNX Runtime alone",
  bare: "scikit-learn alone",
} as const;

const notPeers: readonly string[] = Object.values(names).filter((name) => name !== names.mlserverGrpc);
const small: readonly WorkName[] = ["iris", "flights", "mlp"];

/** The peer whose median of a figure is the highest or the lowest; null where there is none. */
export function findBest({ peers }: Comparison, figure: string, which: "highest" | "lowest"): string | null {
  const sign = which === "highest" ? -1 : 1;
  const all = Object.entries(peers)
    .filter(([name]) => !notPeers.includes(name))
    .map(([name, figures]) => ({ name, value: median(figures[figure] ?? []) }))
    .filter(({ value }) => Number.isFinite(value));
  return all.toSorted((a, b) => sign * (a.value - b.value))[0]?.name ?? null;
}

/**
 * The rate at which a contestant's latency is taken: half of our maximum, or half of its own where ours would be more than
 * four fifths of what it can do.
 */
export function chooseRate(ours: number, own: number): number {
  return Math.max(1, Math.round((ours / 2 <= own * 0.8 ? ours : own) / 2));
}

interface Demand {
  readonly figure: string;
  readonly bar: string;
  readonly ratios: readonly number[];
  readonly meets: (value: number) => boolean;
  readonly note?: string;
}

function toBar({ figure, bar, ratios: all, meets, note = "" }: Demand): Bar {
  if (all.length === 0) return { figure, bar, value: "not measured in this run", met: null };
  const middle = median(all);
  const range = all.length > 1 ? ` (${toFigure(Math.min(...all))} to ${toFigure(Math.max(...all))})` : "";
  return { figure, bar, value: `${toFigure(middle)}${range}${note}`, met: meets(middle) };
}

export function listBars(results: readonly WorkResult[]): readonly Bar[] {
  const of = (work: WorkName) => results.find((result) => result.work === work);
  const perSecond = (work: WorkName, pair: { of: string; to: string | null }): readonly number[] => {
    const most = of(work)?.most;
    return most === undefined || pair.to === null ? [] : ratios(most, { figure: "req/s", of: pair.of, to: pair.to });
  };
  const bars: Demand[] = [];
  for (const work of small) {
    const result = of(work);
    const best = result === undefined ? null : findBest(result.most, "req/s", "highest");
    bars.push({
      figure: `${work}: requests/s over the best Python peer, logging on`,
      bar: "≥ 10",
      ratios: perSecond(work, { of: names.slipway, to: best }),
      meets: (value) => value >= 10,
      note: ` over ${best}`,
    });
  }
  for (const work of small) {
    const result = of(work);
    const best = result === undefined ? null : findBest(result.atRate, "p99 µs", "lowest");
    bars.push({
      figure: `${work}: p99 at half load, over the best Python peer`,
      bar: "≤ 0.2",
      ratios:
        result === undefined || best === null
          ? []
          : ratios(result.atRate, { figure: "p99 µs", of: names.slipway, to: best }),
      meets: (value) => value <= 0.2,
      note: ` of ${best}`,
    });
  }
  bars.push({
    figure: "iris: requests/s over a bare Fastify JSON echo, logging on",
    bar: "≥ 0.8",
    ratios: perSecond("iris", { of: names.slipway, to: names.echo }),
    meets: (value) => value >= 0.8,
  });
  for (const work of ["mlp64", "convolution"] as const)
    bars.push({
      figure: `${work}: rows/s over ONNX Runtime alone at its best batch, same core`,
      bar: "≥ 0.85",
      ratios: perSecond(work, { of: names.slipway, to: names.raw }),
      meets: (value) => value >= 0.85,
    });
  for (const work of small) bars.push(toIdleDemand(work, of(work)));
  bars.push(
    {
      figure: "iris: our gRPC over our HTTP, requests/s",
      bar: "≥ 0.25",
      ratios: perSecond("iris", { of: names.slipwayGrpc, to: names.slipway }),
      meets: (value) => value >= 0.25,
    },
    {
      figure: "iris: our gRPC over MLServer's gRPC, requests/s",
      bar: "≥ 2",
      ratios: perSecond("iris", { of: names.slipwayGrpc, to: names.mlserverGrpc }),
      meets: (value) => value >= 2,
    },
  );
  return bars.map(toBar);
}

/** Through HTTP and the load's own work, against a run without either; in milliseconds. */
function toIdleDemand(work: WorkName, result: WorkResult | undefined): Demand {
  const [served = [], raw = []] = [names.slipway, names.raw].map((name) => result?.idle.peers[name]?.["p50 µs"]);
  return {
    figure: `${work}: p50 added to a raw run when idle, ms`,
    bar: "≤ 0.3",
    ratios: served.slice(0, raw.length).map((us, at) => (us - raw[at]!) / 1_000),
    meets: (value) => value <= 0.3,
  };
}
