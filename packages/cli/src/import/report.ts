import type { ImportOutcome, ImportResult } from "@slipway/contract";
import type { LeftOut } from "./source.ts";

export type CountedKind = "experiments" | "runs" | "logged_models" | "models" | "versions";
type Counts = Record<ImportOutcome, number>;

/** Something that is here otherwise than it is there. */
export interface Difference {
  readonly kind: CountedKind | "artifacts";
  readonly id: string;
  readonly text: string;
}

/** What an import did, or would do. */
export interface ImportReport extends Readonly<Record<CountedKind, Readonly<Counts>>> {
  readonly source: string;
  readonly dry_run: boolean;
  /** Points that were sent. */
  readonly points: number;
  readonly artifacts: {
    readonly copied: number;
    readonly bytes: number;
    readonly same: number;
    /** Runs and logged models whose files stay where they are. */
    readonly left: number;
  };
  readonly differences: readonly Difference[];
  readonly left_out: readonly LeftOut[];
  /** What was to be taken and could not be. */
  readonly problems: readonly Difference[];
}

export interface Reporter {
  count(kind: CountedKind, results: readonly ImportResult[]): void;
  add(what: "points", count: number): void;
  file(outcome: "copied" | "same", bytes: number): void;
  /** Files of a run or a logged model stay where they are. */
  left(why: string): void;
  leftOut(each: LeftOut): void;
  problem(difference: Difference): void;
  differs(difference: Difference): void;
  report(): ImportReport;
}

export function createReporter(source: string, dryRun: boolean): Reporter {
  const counts: Record<CountedKind, Counts> = {
    experiments: { created: 0, changed: 0, same: 0 },
    runs: { created: 0, changed: 0, same: 0 },
    logged_models: { created: 0, changed: 0, same: 0 },
    models: { created: 0, changed: 0, same: 0 },
    versions: { created: 0, changed: 0, same: 0 },
  };
  const artifacts = { copied: 0, bytes: 0, same: 0, left: 0 };
  const differences: Difference[] = [];
  const problems: Difference[] = [];
  const leftOut: LeftOut[] = [];
  const places = new Map<string, number>();
  let points = 0;
  return {
    count(kind, results) {
      for (const { id, outcome, differences: texts } of results) {
        counts[kind][outcome]++;
        for (const text of texts) differences.push({ kind, id, text });
      }
    },
    add: (_, count) => void (points += count),
    file(outcome, bytes) {
      artifacts[outcome]++;
      if (outcome === "copied") artifacts.bytes += bytes;
    },
    left(why) {
      artifacts.left++;
      places.set(why, (places.get(why) ?? 0) + 1);
    },
    leftOut: (each) => void leftOut.push(each),
    problem: (each) => void problems.push(each),
    differs: (each) => void differences.push(each),
    report: () => ({
      source,
      dry_run: dryRun,
      ...counts,
      points,
      artifacts,
      differences,
      left_out: [...leftOut, ...[...places].map(([why, count]) => ({ what: "files of runs and models", count, why }))],
      problems,
    }),
  };
}
