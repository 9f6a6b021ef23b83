import { afterEach, describe, expect, test } from "vitest";
import { accessMigrations } from "../../access/index.ts";
import { systemClock } from "../../kernel/clock.ts";
import { silentLogger } from "../../kernel/logger.ts";
import { migrate, openSqlite } from "../../platform/sql/index.ts";
import { createOutbox, outboxMigrations } from "../../platform/outbox/index.ts";
import { createChannels } from "../channels/channels.ts";
import { channelMigrations } from "../channels/migrations.ts";
import { createIncidents } from "./incidents.ts";
import { incidentMigrations } from "./migrations.ts";
import { finding, hourMs, settings, watched } from "./testing/hear.ts";
import { keepMs, openIncidents } from "./testing/open-incidents.ts";

const firstPage = { limit: 100, cursor: null };
const ann = { author: "ann" };

describe("incidents in one database", () => {
  const closers: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const close of closers.splice(0)) await close();
  });
  const open = async () => {
    const sql = await openSqlite({ path: ":memory:" });
    closers.push(() => sql.close());
    return sql;
  };

  test("are silent while they are muted, and told when that is over", async () => {
    const { incidents, hear, wait, newest, types } = await openIncidents(open);
    await hear("fail");
    const { id, openedAt } = await newest();
    await incidents.mute(id, { ...ann, until: openedAt + 5 * hourMs });
    await hear("pass");
    await hear("pass");
    await hear("fail");
    // Within the cool-down it is the same, and nobody had unmuted it.
    expect((await newest()).id).toBe(id);
    expect(types()).toEqual(["opened", "resolved", "reopened"]);
    await incidents.mute(id, { ...ann, until: openedAt + 5 * hourMs });
    wait(hourMs);
    await incidents.tick();
    expect((await newest()).state).toBe("muted");
    wait(2 * hourMs);
    await incidents.tick();
    expect(await newest()).toMatchObject({ state: "open", mutedUntil: null });
    expect(types().length).toBe(3);
  });

  test("that a person resolves do not come back for what fired then, until it has stopped once", async () => {
    const { incidents, hear, newest } = await openIncidents(open);
    await hear("fail");
    const { id } = await newest();
    await incidents.resolve(id, ann);
    for (let i = 0; i < 5; i++) await hear("fail");
    expect(await newest()).toMatchObject({ id, state: "resolved", resolution: "person" });
    await hear("pass");
    await hear("pass");
    await hear("fail");
    expect(await newest()).toMatchObject({ state: "open" });
    expect((await newest()).id).not.toBe(id);
  });

  test("of a version that does not serve any more end", async () => {
    const { incidents, hear, wait, promote, newest, types } = await openIncidents(open);
    await hear("fail");
    promote();
    await incidents.tick();
    expect((await newest()).state).toBe("open");
    wait(5 * hourMs);
    await incidents.tick();
    expect(await newest()).toMatchObject({ state: "resolved", resolution: "retired" });
    expect(types()).toEqual(["opened", "resolved"]);
  });

  test("and what is told of them are in the transaction of what was found, or not at all", async () => {
    const sql = await open();
    await migrate(sql, [...accessMigrations, ...outboxMigrations, ...channelMigrations, ...incidentMigrations]);
    const deps = { sql, clock: systemClock, logger: silentLogger, allowPrivate: true };
    const sealer = { seal: (text: string) => text, open: (text: string) => text };
    const channels = createChannels({ ...deps, outbox: createOutbox(deps), sealer });
    await channels.add({ name: "ops", kind: "webhook", url: "https://x.test" }, null);
    const incidents = createIncidents({
      ...deps,
      channels,
      settingsOf: () => settings,
      isGone: async () => false,
      keepMs,
    });
    const to = systemClock.now();
    const findings = [finding("quality.type", "fail", { column: "a", severity: "critical" })];
    const window = { from: to - hourMs, to };
    const heard = { watched, window, settings, verdicts: [{ judge: "quality", findings }], now: to };
    const take = (isLost: boolean) =>
      sql.tx(async (trx) => {
        await incidents.take(trx, heard);
        if (isLost) throw new Error("lost");
      });
    const count = async () => [
      (await incidents.list(firstPage)).items.length,
      (await sql.db.selectFrom("outbox").selectAll().execute()).length,
    ];
    await expect(take(true)).rejects.toThrow("lost");
    expect(await count()).toEqual([0, 0]);
    await take(false);
    // Told again, as after a crash that came before the window was noted as judged: nothing new.
    await take(false);
    expect(await count()).toEqual([1, 1]);
  });

  test("of days long past are on record and told to nobody", async () => {
    const { hear, newest, types } = await openIncidents(open);
    await hear("fail", 10);
    expect(await newest()).toMatchObject({ state: "open", openedAt: 11 * hourMs });
    await hear("pass", 11);
    await hear("pass", 12);
    expect((await newest()).state).toBe("resolved");
    expect(types()).toEqual([]);
  });

  test("come of no day long past where newer ones are known, and nobody is told", async () => {
    const { hear, incidents, types } = await openIncidents(open);
    for (let i = 0; i < 3; i++) await hear("insufficient");
    // As an import of another year brings them, the oldest first.
    for (const hour of [10, 11, 12]) await hear("fail", hour);
    expect((await incidents.list(firstPage)).items).toEqual([]);
    expect(types()).toEqual([]);
    await hear("fail");
    expect(types()).toEqual(["opened"]);
  });

  test("are on record for as long as is kept, and what is remembered of a version that is not heard any more as well", async () => {
    const { sql, hear, incidents, wait, newest } = await openIncidents(open);
    const count = async () => {
      const tables = ["monitor_incidents", "monitor_incident_events", "monitor_states"];
      return Promise.all(tables.map(async (table) => (await sql.db.selectFrom(table).selectAll().execute()).length));
    };
    // Of days long past, which an import brought today.
    await hear("fail", 10);
    wait(2 * keepMs);
    await incidents.tick();
    // It is not over yet.
    expect(await count()).toEqual([1, 1, 1]);
    await incidents.resolve((await newest()).id, ann);
    wait(keepMs - hourMs);
    await incidents.tick();
    expect(await count()).toEqual([1, 2, 1]);
    wait(2 * hourMs);
    await incidents.tick();
    expect(await count()).toEqual([0, 0, 0]);
  });
});
