/**
 * Counts in fixed buckets. A hot path observes into it without hashing labels, which a metrics library does at every
 * observation; the text form is that of Prometheus.
 */
export interface Histogram {
  observe(value: number): void;
  /** Lines of the exposition format; `labels` is the inner text of the braces, such as `endpoint="a"`. */
  render(name: string, labels: string): string;
  readonly count: number;
}

export function createHistogram(bounds: readonly number[]): Histogram {
  const counts = new Float64Array(bounds.length + 1);
  let sum = 0;
  let count = 0;
  return {
    observe(value) {
      let bucket = 0;
      while (bucket < bounds.length && value > bounds[bucket]!) bucket++;
      counts[bucket]! += 1;
      sum += value;
      count++;
    },
    render(name, labels) {
      const prefix = labels === "" ? "" : `${labels},`;
      let cumulative = 0;
      let text = "";
      for (const [index, bound] of bounds.entries()) {
        cumulative += counts[index]!;
        text += `${name}_bucket{${prefix}le="${bound}"} ${cumulative}\n`;
      }
      text += `${name}_bucket{${prefix}le="+Inf"} ${count}\n`;
      const braces = labels === "" ? "" : `{${labels}}`;
      return `${text}${name}_sum${braces} ${sum}\n${name}_count${braces} ${count}\n`;
    },
    get count() {
      return count;
    },
  };
}
