/** One line of the text format: `name{labels} value`. */
const line = /^([^\s{]+(?:\{.*\})?) (\S+)$/;

/** Gauges of which a sum means nothing: times and delays, versions, limits, and what is the same in every process. */
const isGreatest = /lag|delay|age_seconds|oldest|_version_info|max_fds|refusing|lag_seconds|row_limit/;
const isLeast = /start_time/;

type Kind = "sum" | "max" | "min";

interface Family {
  readonly head: string[];
  readonly type: string;
  readonly kind: Kind;
  readonly series: Map<string, number>;
}

/**
 * The figures of several processes as one server's: counters and histograms are added up, and so are gauges that count
 * something; of the others the greatest stands, or the earliest start.
 */
export function mergeMetrics(texts: readonly string[]): string {
  return render(texts.reduce((families, text) => addTo(families, text), new Map<string, Family>()));
}

/** What is to be carried on of a process that is no more: its counters and histograms, or the sums would fall. */
export function keepCounters(text: string): string {
  const families = addTo(new Map<string, Family>(), text);
  return render(new Map([...families].filter(([, { type }]) => type === "counter" || type === "histogram")));
}

function addTo(families: Map<string, Family>, text: string): Map<string, Family> {
  let family: Family | null = null;
  let help = "";
  for (const row of text.split("\n")) {
    if (row.startsWith("# HELP ")) {
      help = row;
    } else if (row.startsWith("# TYPE ")) {
      const [, , name = "", type = ""] = row.split(" ");
      family = families.get(name) ?? { head: [help, row], type, kind: toKind(name, type), series: new Map() };
      families.set(name, family);
    } else {
      const [, series, value] = line.exec(row) ?? [];
      if (family !== null && series !== undefined) put(family, series, Number(value));
    }
  }
  return families;
}

function toKind(name: string, type: string): Kind {
  if (type !== "gauge") return type === "summary" ? "max" : "sum";
  if (isLeast.test(name)) return "min";
  return isGreatest.test(name) ? "max" : "sum";
}

function put({ kind, series }: Family, name: string, value: number): void {
  const before = series.get(name);
  if (before === undefined) series.set(name, value);
  else
    series.set(
      name,
      kind === "sum" ? before + value : kind === "max" ? Math.max(before, value) : Math.min(before, value),
    );
}

function render(families: ReadonlyMap<string, Family>): string {
  const rows = [...families.values()].flatMap(({ head, series }) => [
    ...head,
    ...Array.from(series, ([name, value]) => `${name} ${toText(value)}`),
  ]);
  return rows.length === 0 ? "" : `${rows.join("\n")}\n`;
}

/** As the format spells what JavaScript does not. */
function toText(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  return Number.isFinite(value) ? String(value) : value > 0 ? "+Inf" : "-Inf";
}
