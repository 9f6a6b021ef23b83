import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { systemClock } from "../kernel/clock.ts";
import { createId, createIdBeside } from "../kernel/ids.ts";
import { silentLogger } from "../kernel/logger.ts";
import { createInstanceLog, type InstanceLog } from "./instance-log.ts";
import type { Cursor } from "./log-query.ts";
import { createSearch } from "./search.ts";
import { flight } from "./testing/log.ts";

const opened: InstanceLog[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((log) => log.close()));
});

/** Two processes of one server, each with every second of `count` predictions, in the order of time. */
async function openTwo(count: number) {
  const folder = mkdtempSync(join(tmpdir(), "slipway-"));
  const main = createId();
  const instances = [main, createIdBeside(main)];
  const logs = instances.map((instance) =>
    createInstanceLog({ folder, instance, clock: systemClock, logger: silentLogger }),
  );
  opened.push(...logs);
  const ids: string[] = [];
  for (let i = 0; i < count; i++) {
    const record = flight(instances[i % 2]!, "flights", { at: (1_700_000_000_000 + i) * 1000 });
    ids.push(record.id);
    await new Promise((resolve) => logs[i % 2]!.append(record, {}, resolve));
  }
  return { search: createSearch(folder, () => performance.now()), ids };
}

test.each(["newest", "oldest"] as const)(
  "what two processes wrote is told by time, %s first, in pages",
  async (order) => {
    const { search, ids } = await openTwo(25);
    const expected = order === "newest" ? ids.toReversed() : ids;
    for (const limit of [1, 4, 25, 50]) {
      const [listed, replayed]: [unknown[], unknown[]] = [[], []];
      let after: readonly Cursor[] | null = [];
      while (after !== null) {
        const page: ReturnType<typeof search.list> = search.list({ endpoint: "flights", order, limit, after });
        listed.push(...page.items.map(({ id }) => id));
        after = page.next;
      }
      after = [];
      while (after !== null) {
        const page: ReturnType<typeof search.records> = search.records({ endpoint: "flights", order, limit, after });
        replayed.push(...page.records.map(({ id }) => id));
        expect(page.damaged).toBe(0);
        after = page.next;
      }
      expect([limit, listed]).toEqual([limit, expected]);
      expect([limit, replayed]).toEqual([limit, expected]);
    }
  },
);
