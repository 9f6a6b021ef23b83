interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** What `/metrics` said, by name. */
export type MetricsText = ReadonlyMap<string, readonly Sample[]>;
export type LabelFilter = Readonly<Record<string, string>>;

/** The text format of Prometheus; lines that are none are passed over. */
export function parseMetrics(text: string): MetricsText {
  const found = new Map<string, Sample[]>();
  for (const line of text.split("\n")) {
    const match = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)/.exec(line);
    if (match === null) continue;
    const [, name = "", labelText = "", value] = match;
    const labels = [...labelText.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(
      ([, key = "", text = ""]) =>
        [key, text.replace(/\\(.)/g, (_, char: string) => (char === "n" ? "\n" : char))] as const,
    );
    const samples = found.get(name) ?? [];
    samples.push({ labels: Object.fromEntries(labels), value: Number(value) });
    found.set(name, samples);
  }
  return found;
}

/** What was added to counters and histograms between two readings. */
export interface MetricsDifference {
  /** Null where there is no such counter. */
  sum(name: string, filter?: LabelFilter): number | null;
  /** Of a gauge, now; null where there is none. */
  last(name: string, filter?: LabelFilter): number | null;
  /** By the values of one label; what did not change is left out. */
  by(name: string, label: string, filter?: LabelFilter): Readonly<Record<string, number>>;
  /** Of a histogram; null where it saw nothing. */
  mean(name: string, filter?: LabelFilter): number | null;
  /** The bound of the bucket in which it lies, or a value within it by the share; null where it saw nothing. */
  percentile(name: string, share: number, filter?: LabelFilter): number | null;
}

export function compareMetrics(before: MetricsText, after: MetricsText): MetricsDifference {
  const matches = (filter: LabelFilter, { labels }: Sample): boolean =>
    Object.entries(filter).every(([name, value]) => labels[name] === value);
  const total = (metrics: MetricsText, name: string, filter: LabelFilter): number =>
    (metrics.get(name) ?? []).reduce((sum, sample) => (matches(filter, sample) ? sum + sample.value : sum), 0);
  const added = (name: string, filter: LabelFilter): number => total(after, name, filter) - total(before, name, filter);

  return {
    sum: (name, filter = {}) =>
      after.get(name)?.some((sample) => matches(filter, sample)) === true ? added(name, filter) : null,
    last(name, filter = {}) {
      const samples = (after.get(name) ?? []).filter((sample) => matches(filter, sample));
      return samples.length === 0 ? null : samples.reduce((sum, { value }) => sum + value, 0);
    },
    by(name, label, filter = {}) {
      const values = new Set(
        (after.get(name) ?? []).filter((sample) => matches(filter, sample)).map((sample) => sample.labels[label] ?? ""),
      );
      const counts = [...values].map((value) => [value, added(name, { ...filter, [label]: value })] as const);
      return Object.fromEntries(counts.filter(([, count]) => count !== 0));
    },
    mean(name, filter = {}) {
      const count = added(`${name}_count`, filter);
      return count > 0 ? added(`${name}_sum`, filter) / count : null;
    },
    percentile(name, share, filter = {}) {
      const bounds = new Set((after.get(`${name}_bucket`) ?? []).map((sample) => sample.labels["le"] ?? ""));
      const buckets = [...bounds]
        .map((le) => ({
          le: le === "+Inf" ? Number.POSITIVE_INFINITY : Number(le),
          count: added(`${name}_bucket`, { ...filter, le }),
        }))
        .toSorted((a, b) => a.le - b.le);
      const count = buckets.at(-1)?.count ?? 0;
      if (count <= 0) return null;
      const at = buckets.findIndex((bucket) => bucket.count >= share * count);
      const [bucket, below] = [buckets[at]!, buckets[at - 1] ?? { le: 0, count: 0 }];
      if (bucket.le === Number.POSITIVE_INFINITY) return below.le;
      const inside = bucket.count === below.count ? 1 : (share * count - below.count) / (bucket.count - below.count);
      return below.le + (bucket.le - below.le) * inside;
    },
  };
}
