import { UsageError } from "../exit-codes.ts";

const mostArrivals = 5_000_000;
/** Numbers that are seconds since 1970, of the years from 2001 to 2286: as milliseconds they would all lie in 1970. */
const epochSeconds = { from: 1e9, to: 1e10 };

/**
 * Times of a recording as offsets in milliseconds from its first one, rising.
 * CSV or plain text: the first column of each line, or the one that is named `timestamp`, `time`, `at` or `offset_ms`.
 * JSON: a list, or an object whose `arrivals` or `offsets_ms` is one. A number is milliseconds, seconds where the column or the
 * unit says so or where they are seconds since 1970; a text is a time as in RFC 3339.
 * @param speed 2 plays it twice as fast
 * @throws UsageError
 */
export function parseTrace(text: string, origin: string, speed = 1): readonly number[] {
  const times = text.trimStart().startsWith("[") || text.trimStart().startsWith("{") ? fromJson(text, origin) : null;
  const found = times ?? fromLines(text, origin);
  if (found.length === 0) throw new UsageError(`${origin} has no times: write one a line, or a JSON list of them.`);
  if (found.length > mostArrivals)
    throw new UsageError(`${origin} has ${found.length} times; ${mostArrivals} are the most that are played.`);
  const sorted = found.toSorted((a, b) => a - b);
  const [first = 0, last = 0] = [sorted[0], sorted.at(-1)];
  const unitMs = first > epochSeconds.from && last < epochSeconds.to ? 1_000 : 1;
  return sorted.map((at) => ((at - first) * unitMs) / speed);
}

function fromJson(text: string, origin: string): number[] | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // JSON Lines of objects are no form of a trace; a CSV may well begin with a bracket.
    return null;
  }
  if (!Array.isArray(value)) {
    const held = value as Record<string, unknown>;
    value = held["offsets_ms"] ?? held["arrivals"];
  }
  if (!Array.isArray(value))
    throw new UsageError(`${origin} holds no list of times: write [0, 12.5, 30], or {"offsets_ms": [...]}.`);
  return value.map((item, i) => {
    const at = typeof item === "object" && item !== null ? pick(item as Record<string, unknown>) : item;
    return toMs(at, { unitMs: 1, where: `${origin}, item ${i}` });
  });
}

const columns = ["offset_ms", "offset_s", "timestamp", "time", "at"];

function pick(item: Readonly<Record<string, unknown>>): unknown {
  return item[columns.find((name) => name in item) ?? ""];
}

function fromLines(text: string, origin: string): number[] {
  const lines = text.split(/\r?\n/).map((line, i) => ({ cells: line.split(/[,;\t]/).map(clean), number: i + 1 }));
  const filled = lines.filter(({ cells }) => cells.some((cell) => cell !== ""));
  const head = filled[0]?.cells.map((cell) => cell.toLowerCase()) ?? [];
  const named = columns.map((name) => head.indexOf(name)).find((at) => at >= 0);
  const hasHead = named !== undefined || /^[a-z_]+$/.test(head[0] ?? "");
  const column = named ?? 0;
  const unitMs = head[column] === "offset_s" ? 1_000 : 1;
  return filled
    .slice(hasHead ? 1 : 0)
    .map(({ cells, number }) => toMs(cells[column], { unitMs, where: `${origin}, line ${number}` }));
}

function clean(cell: string): string {
  return cell.trim().replace(/^"(.*)"$/, "$1");
}

function toMs(value: unknown, { unitMs, where }: { readonly unitMs: number; readonly where: string }): number {
  const number = typeof value === "number" ? value : /^\d+(\.\d+)?(e\d+)?$/i.test(String(value)) ? Number(value) : null;
  if (number !== null && Number.isFinite(number) && number >= 0) return number * unitMs;
  const at = typeof value === "string" && /^\d{4}-\d{2}-\d{2}[T ]/.test(value) ? Date.parse(value) : Number.NaN;
  if (!Number.isNaN(at)) return at;
  throw new UsageError(
    `${where}: ${JSON.stringify(value)} is no time. Write milliseconds from the beginning, or times such as 2026-11-22T10:00:00.250Z.`,
  );
}
