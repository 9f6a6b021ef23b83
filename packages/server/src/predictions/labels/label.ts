import { SlipwayError, type AmbiguousRule, type NewLabel } from "@slipway/contract";

/** What came true for one prediction, as it is kept. Never changed: a later one of the same prediction supersedes it. */
export interface Label {
  /** UUIDv7. */
  readonly id: string;
  readonly endpoint: string;
  /** UUIDv7 of a request; null where a key was given. */
  readonly prediction: string | null;
  /** Of a request; null where none was given, which means the only one. */
  readonly row: number | null;
  readonly key: string | null;
  readonly value: string;
  /** Where the value is a finite number. */
  readonly number: number | null;
  /** Milliseconds; the time of receipt where none was given. */
  readonly observedAt: number;
  /** Whether the time of observation was given. */
  readonly timed: boolean;
  readonly receivedAt: number;
  readonly source: string;
  readonly ambiguous: AmbiguousRule;
}

/** How a label names its prediction, as one text: labels of one target are about the same thing. */
export function targetOf({ prediction, row, key }: Pick<Label, "prediction" | "row" | "key">): string {
  if (prediction === null) return `k:${key}`;
  return row === null ? `p:${prediction}` : `p:${prediction}/${row}`;
}

const addressPattern = /^([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})(?:\/(\d{1,9}))?$/i;

/** `ID` or `ID/ROW`; null where it is neither. */
export function parsePrediction(text: string): { readonly prediction: string; readonly row: number | null } | null {
  const match = addressPattern.exec(text);
  if (match === null) return null;
  return { prediction: match[1]!.toLowerCase(), row: match[2] === undefined ? null : Number(match[2]) };
}

export function toNumber(value: string): number | null {
  if (!/^\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*$/.test(value)) return null;
  const number = Number(value);
  return Number.isFinite(number) ? number : null;
}

export interface Receipt {
  readonly endpoint: string;
  readonly receivedAt: number;
  /** Where the label names none. */
  readonly source: string;
  readonly ambiguous: AmbiguousRule;
}

/** A label as it was posted, made whole. @throws SlipwayError `invalid_request` that names the label by its place */
export function toLabel(given: NewLabel, index: number, receipt: Receipt & { readonly id: string }): Label {
  const wrong = (message: string) => new SlipwayError("invalid_request", `Label ${index}: ${message}`, { index });
  const { prediction, key } = given;
  if ((prediction === undefined) === (key === undefined))
    throw wrong("give either the prediction's id or the caller's key, and not both.");
  const named = prediction === undefined ? { prediction: null, row: null } : parsePrediction(prediction);
  if (named === null) throw wrong(`${JSON.stringify(prediction)} is not the id of a prediction: ID, or ID/ROW.`);
  if (given.row !== undefined && (named.prediction === null || named.row !== null))
    throw wrong("a row belongs to the id of a prediction, and is given once.");
  const observedAt = given.observed_at === undefined ? receipt.receivedAt : parseTime(given.observed_at);
  if (observedAt === null)
    throw wrong(`${JSON.stringify(given.observed_at)} is not a time such as 2026-11-22T10:15:30Z.`);
  const value = String(given.value);
  return {
    id: receipt.id,
    endpoint: receipt.endpoint,
    prediction: named.prediction,
    row: given.row ?? named.row,
    key: key ?? null,
    value,
    number: toNumber(value),
    observedAt,
    timed: given.observed_at !== undefined,
    receivedAt: receipt.receivedAt,
    source: given.source ?? receipt.source,
    ambiguous: receipt.ambiguous,
  };
}

function parseTime(text: string): number | null {
  const at = /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(at) ? null : at;
}

/** What is compared with a new label. */
export type KnownLabel = Pick<Label, "id" | "value" | "observedAt" | "receivedAt" | "source"> & {
  readonly target: string;
};

/**
 * Which of the new labels say nothing new. One with a time of observation: the same target, value, time and source is there,
 * or came before it in this batch. One without: the label that counts so far says the same, or a later one of this batch
 * is about the same target, too.
 */
export function findDuplicates(fresh: readonly Label[], known: readonly KnownLabel[]): ReadonlySet<Label> {
  const saying = (target: string, label: Pick<Label, "value" | "observedAt" | "source">) =>
    JSON.stringify([target, label.value, label.observedAt, label.source]);
  const said = new Set(known.map((label) => saying(label.target, label)));
  const counts = new Map<string, KnownLabel>();
  for (const label of known) {
    const latest = counts.get(label.target);
    if (latest === undefined || isLater(label, latest)) counts.set(label.target, label);
  }
  const last = new Map(fresh.filter((label) => !label.timed).map((label) => [targetOf(label), label]));
  const duplicates = new Set<Label>();
  for (const label of fresh) {
    const target = targetOf(label);
    if (label.timed) {
      const text = saying(target, label);
      if (said.has(text)) duplicates.add(label);
      said.add(text);
      continue;
    }
    const counting = counts.get(target);
    const same = counting?.value === label.value && counting.source === label.source;
    if (same || last.get(target) !== label) duplicates.add(label);
  }
  return duplicates;
}

function isLater(a: KnownLabel, b: KnownLabel): boolean {
  return a.receivedAt === b.receivedAt ? a.id > b.id : a.receivedAt > b.receivedAt;
}
