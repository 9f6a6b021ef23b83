/**
 * How long a run of n rows takes, learned from the runs themselves: `t(n) = base + perRow * n`, by least squares in which older
 * runs weigh less and less. Milliseconds.
 */
export interface RunTimes {
  observe(rows: number, ms: number): void;
  /** 0 as long as nothing was seen. */
  predict(rows: number): number;
  /** The most rows that a run of `limitMs` is expected to hold and that gain from sharing it; at least 1, at most `most`. */
  rowsWithin(limitMs: number, most: number): number;
  /** Whether rows that share a run are done sooner than one by one: false where nearly all of a run's time is its rows'. */
  pays(): boolean;
  readonly base: number;
  readonly perRow: number;
}

/** What a run weighs after each later one. About 200 runs count. */
const memory = 0.995;
/** Below the first share of the base in a run of one row, sharing is given up; above the second it is taken up again. */
const worthless = 0.08;
const worthwhile = 0.12;
/** The share of the base in a run beyond which no more rows are put into it. */
const gainless = 0.05;
/** How much the slope that was known holds on while all runs have the same number of rows. Rows squared. */
const inertia = 0.5;

export function createRunTimes(): RunTimes {
  let weight = 0;
  let meanRows = 0;
  let meanMs = 0;
  let variance = 0;
  let covariance = 0;
  let known = 0;
  let base = 0;
  let perRow = 0;
  let paying = true;

  function fit() {
    const slope = (covariance + inertia * known) / (variance + inertia);
    // Neither part of a run's time is negative, whatever noise says.
    perRow = Math.min(Math.max(0, slope), meanMs / Math.max(1, meanRows));
    base = Math.max(0, meanMs - perRow * meanRows);
    if (variance > 1) known = perRow;
    const share = base + perRow === 0 ? 1 : base / (base + perRow);
    paying = share > (paying ? worthless : worthwhile);
  }

  /** Where so little of a run is its base, more rows gain nothing: they only make everybody wait, and fill the caches. */
  function worthSharing(most: number): number {
    if (perRow * most <= base * (1 / gainless - 1)) return most;
    return Math.max(1, Math.ceil((base * (1 / gainless - 1)) / Math.max(perRow, 1e-9)));
  }

  return {
    observe(rows, ms) {
      const predicted = base + perRow * rows;
      // One run that the machine held up says little of the model.
      const seen = weight > 5 ? Math.min(ms, 4 * predicted + 1) : ms;
      weight = weight * memory + 1;
      const share = 1 / weight;
      const [offRows, offMs] = [rows - meanRows, seen - meanMs];
      meanRows += share * offRows;
      meanMs += share * offMs;
      variance = (1 - share) * (variance + share * offRows * offRows);
      covariance = (1 - share) * (covariance + share * offRows * offMs);
      fit();
    },
    predict: (rows) => base + perRow * rows,
    rowsWithin(limitMs, most) {
      const worth = worthSharing(most);
      if (weight === 0 || base + perRow * worth <= limitMs) return worth;
      return Math.max(1, Math.min(worth, Math.floor((limitMs - base) / Math.max(perRow, 1e-9))));
    },
    pays: () => paying,
    get base() {
      return base;
    },
    get perRow() {
      return perRow;
    },
  };
}
