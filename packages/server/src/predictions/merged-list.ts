import type { Cursor, ListQuery } from "./log-query.ts";

/** One row of a list and where it stands. */
export interface ListedRow<Item> {
  readonly item: Item;
  /** Arrival, microseconds. */
  readonly at: number;
  readonly place: Cursor;
}

/** A page of rows in the order of their places. */
export interface ListedRows<Item> {
  readonly rows: readonly ListedRow<Item>[];
  /** Where to go on: there is more, or the time was over. */
  readonly next: Cursor | null;
}

/** Lists the rows of one instance alone. */
export type ListOne<Item> = (query: ListQuery, instance: string) => ListedRows<Item>;

type MergedQuery = Omit<ListQuery, "after"> & { readonly after: readonly Cursor[] };

/**
 * A page over instances of which several wrote at the same time: group after group, and by time of arrival inside of one. A cursor
 * names how far each instance of its group was told, so that each row is told once, whatever is written meanwhile.
 */
export function listMerged<Item>(
  groups: readonly (readonly string[])[],
  query: MergedQuery,
  listOne: ListOne<Item>,
): { readonly items: readonly Item[]; readonly next: readonly Cursor[] | null } {
  const items: Item[] = [];
  let told = query.after;
  for (const instances of query.order === "newest" ? groups.toReversed() : groups) {
    if (isBehind(instances, query)) continue;
    const limit = query.limit - items.length;
    const page = listGroup(instances, { ...query, limit }, listOne);
    items.push(...page.items);
    if (page.places.length > 0) told = page.places;
    if (!page.isDone) return { items, next: told };
  }
  return { items, next: null };
}

/** Whether pages before this one have told all of the group. */
function isBehind(instances: readonly string[], { after, order }: MergedQuery): boolean {
  if (after.length === 0 || after.some((place) => instances.includes(place.instance))) return false;
  const reached = after[0]!.instance;
  return instances.every((instance) => (order === "newest" ? instance > reached : instance < reached));
}

function listGroup<Item>(instances: readonly string[], query: MergedQuery, listOne: ListOne<Item>) {
  const places = new Map(
    query.after.filter(({ instance }) => instances.includes(instance)).map((at) => [at.instance, at]),
  );
  const streams = instances.map((instance) => {
    const one = { ...query, limit: Math.max(1, query.limit), after: places.get(instance) ?? null };
    return { ...listOne(one, instance), instance, taken: 0 };
  });
  const isBefore = (a: ListedRow<Item>, b: ListedRow<Item>) => (query.order === "newest" ? a.at > b.at : a.at < b.at);
  const items: Item[] = [];
  let isDone = false;
  while (items.length < query.limit) {
    // What a stream has beyond its page may belong before everything else.
    const waiting = streams.find(({ rows, taken, next }) => taken === rows.length && next !== null);
    if (waiting) {
      places.set(waiting.instance, waiting.next!);
      break;
    }
    const heads = streams.filter(({ rows, taken }) => taken < rows.length);
    isDone = heads.length === 0;
    if (isDone) break;
    const first = heads.reduce((best, stream) => (isBefore(headOf(stream), headOf(best)) ? stream : best));
    const { item, place } = headOf(first);
    items.push(item);
    places.set(first.instance, place);
    first.taken++;
  }
  isDone ||= streams.every(({ rows, taken, next }) => taken === rows.length && next === null);
  return { items, places: [...places.values()], isDone };
}

function headOf<Row>({ rows, taken }: { readonly rows: readonly Row[]; readonly taken: number }): Row {
  return rows[taken]!;
}
