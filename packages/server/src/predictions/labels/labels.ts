import { SlipwayError, type AmbiguousRule, type LabelReport, type NewLabel } from "@slipway/contract";
import type { Clock } from "../../kernel/clock.ts";
import { idPattern } from "../../kernel/ids.ts";
import type { Logger } from "../../kernel/logger.ts";
import { decodeCursor, toPage, type Page, type PageQuery } from "../../kernel/page.ts";
import type { PredictionLake } from "../lake/prediction-lake.ts";
import { findDuplicates, parsePrediction, targetOf, toLabel, type Label } from "./label.ts";
import { createLabelId, moveIntoLake, readLabels } from "./label-lake.ts";
import type { ListedLabel, LookOutput, SummaryOutput } from "./label-tasks.ts";
import type { LabelStore } from "./store.ts";

export interface AddLabels {
  readonly endpoint: string;
  readonly labels: readonly NewLabel[];
  readonly ambiguous: AmbiguousRule;
  /** Look up what the labels name; without it they are only stored. */
  readonly resolve: boolean;
  /** Of labels that name no source. */
  readonly source: string;
}

export interface ListLabels extends PageQuery {
  readonly endpoint: string;
  /** Received, milliseconds, inclusive. */
  readonly since?: number | undefined;
  /** `ID` or `ID/ROW`. */
  readonly prediction?: string | undefined;
  readonly key?: string | undefined;
}

export interface Labels {
  /** Durable when it resolves. @throws SlipwayError `invalid_request` that names the label; then none is stored */
  add(request: AddLabels): Promise<LabelReport>;
  /** As they were received, newest first. */
  list(query: ListLabels): Promise<Page<ListedLabel>>;
  summary(endpoint: string): Promise<SummaryOutput>;
  /** The label that counts for one prediction; null where there is none. */
  find(endpoint: string, prediction: string, row: number): Promise<ListedLabel | null>;
}

export interface LabelsDeps {
  readonly store: LabelStore;
  readonly lake: PredictionLake;
  readonly clock: Clock;
  readonly logger: Logger;
}

const readMs = 60_000;
/** So many labels are made at a stretch; then others get the thread. */
const stretch = 1_000;

export function createLabels({ store, lake, clock, logger }: LabelsDeps): Labels {
  const turns = new Map<string, Promise<unknown>>();
  lake.onFlush("labels", (writer) => moveIntoLake(store, lake, writer));

  /** Posts for one endpoint go one after the other, so that two that say the same do not both find nothing. */
  function inTurn<T>(endpoint: string, work: () => Promise<T>): Promise<T> {
    const result = (turns.get(endpoint) ?? Promise.resolve()).then(work);
    const done = result.then(
      () => {},
      () => {},
    );
    turns.set(endpoint, done);
    void done.then(() => turns.get(endpoint) === done && turns.delete(endpoint));
    return result;
  }

  /** Null where the lake cannot tell now: the labels are stored all the same. */
  async function tryLook(endpoint: string, labels: readonly Label[]): Promise<LookOutput | null> {
    try {
      return await look(lake, endpoint, labels);
    } catch (error) {
      logger.warn({ endpoint, error }, "labels are stored without looking up what they name");
      return null;
    }
  }

  async function add(request: AddLabels): Promise<LabelReport> {
    const { endpoint, resolve } = request;
    const labels = await makeLabels(request, clock.now());
    // Before the files are read: what moves there meanwhile is then seen twice, and never missed.
    const waiting = await store.listKnown(endpoint, [...new Set(labels.map(targetOf))]);
    const found = resolve ? await tryLook(endpoint, labels) : null;
    const duplicates = findDuplicates(labels, [...waiting, ...(found?.known ?? [])]);
    const fresh = labels.filter((label) => !duplicates.has(label));
    await store.insert(fresh);
    return toReport(labels, { duplicates, counts: found?.counts ?? null });
  }

  return {
    add: (request) => inTurn(request.endpoint, () => add(request)),
    async list({ endpoint, limit, cursor, since, ...filter }) {
      await lake.flush();
      const named = filter.prediction === undefined ? null : parsePrediction(filter.prediction);
      if (filter.prediction !== undefined && named === null) return { items: [], next: null };
      const after = cursor === null ? null : parseCursor(cursor);
      const rows = await readLabels<readonly ListedLabel[]>(lake, endpoint, {
        timeoutMs: readMs,
        toInput: (paths) => ({
          kind: "list",
          files: paths.labels,
          limit: limit + 1,
          since: since ?? null,
          prediction: named?.prediction ?? null,
          row: named?.row ?? null,
          key: filter.key ?? null,
          after,
        }),
      });
      return toPage(rows, limit, (label) => [label.receivedAt, label.id]);
    },
    async summary(endpoint) {
      await lake.flush();
      return readLabels<SummaryOutput>(lake, endpoint, {
        timeoutMs: readMs,
        toInput: (paths) => ({ kind: "summary", paths }),
      });
    },
    async find(endpoint, prediction, row) {
      const waits = (await store.count(endpoint)) > 0;
      if (!waits && (await lake.listFiles({ kind: "labels", endpoint })).length === 0) return null;
      await lake.flush();
      return readLabels<ListedLabel | null>(lake, endpoint, {
        timeoutMs: readMs,
        toInput: (paths) => ({ kind: "find", paths, prediction, row }),
      });
    },
  };
}

function parseCursor(cursor: string): { readonly receivedAt: number; readonly id: string } {
  const [receivedAt, id] = decodeCursor(cursor, ["number", "string"]);
  if (typeof id === "string" && idPattern.test(id)) return { receivedAt: Number(receivedAt), id };
  throw new SlipwayError("invalid_request", "The cursor is not one that this server gave out; start without one.");
}

/** What is known of the targets of labels, and how many predictions each names. */
async function look(lake: PredictionLake, endpoint: string, labels: readonly Label[]): Promise<LookOutput> {
  const wanted = labels.map(({ prediction, row, key }) => ({ prediction, row, key }));
  const ask = () =>
    readLabels<LookOutput>(lake, endpoint, {
      timeoutMs: readMs,
      toInput: (paths) => ({ kind: "look", paths, labels: wanted }),
    });
  const first = await ask();
  if (!first.counts.includes(0)) return first;
  // What was predicted a moment ago is on record and not in the lake yet.
  await lake.flush();
  return ask();
}

async function makeLabels({ labels, ...request }: AddLabels, receivedAt: number): Promise<Label[]> {
  // Of labels that were received at once, the later in the list is the later one.
  const ids = labels.map(() => createLabelId(receivedAt)).toSorted();
  const made: Label[] = [];
  for (const [i, given] of labels.entries()) {
    if (i > 0 && i % stretch === 0) await new Promise((resolve) => setImmediate(resolve));
    made.push(toLabel(given, i, { ...request, receivedAt, id: ids[i]! }));
  }
  return made;
}

function toReport(
  labels: readonly Label[],
  found: { readonly duplicates: ReadonlySet<Label>; readonly counts: readonly number[] | null },
): LabelReport {
  const { duplicates, counts } = found;
  const items: LabelReport["items"] = [];
  const tally = { matched: 0, unknown: 0, ambiguous: 0 };
  for (const [index, label] of labels.entries()) {
    const named = counts?.[index];
    const unclear = named !== undefined && named > 1 && (label.key === null || label.ambiguous === "none");
    if (named === 0) tally.unknown++;
    else if (unclear) tally.ambiguous++;
    else tally.matched++;
    const repeated = duplicates.has(label) ? "It says nothing new and was not stored again. " : "";
    if (named === 0) items.push({ index, status: "unknown", message: repeated + toUnknown(label) });
    else if (unclear) items.push({ index, status: "ambiguous", message: repeated + toAmbiguous(label, named) });
    else if (repeated !== "") items.push({ index, status: "duplicate", message: repeated.trim() });
  }
  return {
    received: labels.length,
    stored: labels.length - duplicates.size,
    duplicates: duplicates.size,
    ...(counts === null ? { matched: null, unknown: null, ambiguous: null } : tally),
    items,
  };
}

function toUnknown({ prediction, row, key }: Label): string {
  const named =
    prediction === null ? `with the key ${JSON.stringify(key)}` : row === null ? prediction : `${prediction}/${row}`;
  return `There is no prediction ${named} of this endpoint on record; the label is kept and matched when it comes.`;
}

function toAmbiguous({ prediction, key }: Label, count: number): string {
  if (prediction !== null) return `${prediction} is a request of ${count} rows, and the label names none: give ID/ROW.`;
  return `${count} predictions carry the key ${JSON.stringify(key)}, so the label is attached to none of them. Say which with "ambiguous": latest or all, or label one by its id.`;
}
