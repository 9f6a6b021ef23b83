import fc from "fast-check";
import { expect, test } from "vitest";
import type { Cursor, ListQuery } from "./log-query.ts";
import { listMerged, type ListedRow, type ListedRows } from "./merged-list.ts";

type Log = ReadonlyMap<string, readonly number[]>;

/** As a walk over one instance would: `steps` rows at most before its time is over. */
function listFrom(log: Log, steps: number) {
  return (query: ListQuery, instance: string): ListedRows<{ readonly id: string }> => {
    const rows: ListedRow<{ readonly id: string }>[] = (log.get(instance) ?? []).map((at, byte) => ({
      item: { id: `${instance}${byte}` },
      at,
      place: { instance, segment: 1, byte, row: 0 },
    }));
    if (query.order === "newest") rows.reverse();
    const { after } = query;
    const left = rows.filter(({ place: { byte } }) =>
      after === null ? true : query.order === "newest" ? byte < after.byte : byte > after.byte,
    );
    const shown = left.slice(0, Math.min(query.limit, steps));
    return { rows: shown, next: left.length > shown.length ? (shown.at(-1)?.place ?? null) : null };
  };
}

const instance = fc.array(fc.nat(50), { maxLength: 12 }).map((times) => times.toSorted((a, b) => a - b));

/** Groups of instances, of which later ones begin later. */
const logs = fc.array(fc.array(instance, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 3 });

function setUp(times: readonly (readonly (readonly number[])[])[]) {
  const groups = times.map((group, g) => group.map((_, i) => `${g}${String.fromCharCode(97 + i)}`));
  const log = new Map(
    times.flatMap((group, g) => group.map((own, i) => [groups[g]![i]!, own.map((at) => at + 100 * g)])),
  );
  return { groups, log };
}

test.each(["oldest", "newest"] as const)(
  "%s first: each row once, in the order of time, whatever the pages",
  (order) => {
    fc.assert(
      fc.property(logs, fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 20 }), (times, limit, steps) => {
        const { groups, log } = setUp(times);
        const listOne = listFrom(log, steps);
        const ids: string[] = [];
        const query = { endpoint: "e", order, limit };
        let after: readonly Cursor[] | null = [];
        for (let pages = 0; after !== null; pages++) {
          expect(pages).toBeLessThan(200);
          const page: ReturnType<typeof listMerged<{ readonly id: string }>> = listMerged(
            groups,
            { ...query, after },
            listOne,
          );
          expect(page.items.length).toBeLessThanOrEqual(limit);
          ids.push(...page.items.map(({ id }) => id));
          after = page.next;
        }
        const all = [...log].flatMap(([name, own]) => own.map((at, byte) => ({ id: `${name}${byte}`, at })));
        expect(ids.toSorted((a, b) => a.localeCompare(b))).toEqual(
          all.map(({ id }) => id).toSorted((a, b) => a.localeCompare(b)),
        );
        const seen = ids.map((id) => all.find((row) => row.id === id)!.at);
        if (steps >= limit) expect(seen).toEqual(seen.toSorted((a, b) => (order === "oldest" ? a - b : b - a)));
      }),
    );
  },
);

test("oldest first, what is written meanwhile by any of them comes later and once", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(2), fc.boolean()), { maxLength: 40 }), (steps) => {
      const log = new Map<string, number[]>([
        ["a", []],
        ["b", []],
        ["c", []],
      ]);
      const ids: string[] = [];
      let after: readonly Cursor[] = [];
      const read = () => {
        const page = listMerged(
          [["a", "b", "c"]],
          { endpoint: "e", order: "oldest", limit: 2, after },
          listFrom(log, 9),
        );
        // The end is read again and again by whoever follows; only a page that is full moves on.
        if (page.next !== null) {
          ids.push(...page.items.map(({ id }) => id));
          after = page.next;
        }
        return page;
      };
      let now = 0;
      for (const [which, reads] of steps) {
        log.get("abc"[which]!)!.push(++now);
        if (reads) read();
      }
      let page = read();
      while (page.next !== null) page = read();
      ids.push(...page.items.map(({ id }) => id));
      expect(ids.toSorted((a, b) => a.localeCompare(b))).toEqual(
        [...log]
          .flatMap(([name, own]) => own.map((_, byte) => `${name}${byte}`))
          .toSorted((a, b) => a.localeCompare(b)),
      );
    }),
  );
});
