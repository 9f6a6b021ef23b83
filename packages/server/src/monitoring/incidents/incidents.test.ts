import { expect, test } from "vitest";
import { accessMigrations, createAudit } from "../../access/index.ts";
import { systemClock } from "../../kernel/clock.ts";
import { silentLogger } from "../../kernel/logger.ts";
import { migrate } from "../../platform/sql/index.ts";
import { describeStores } from "../../platform/sql/testing/describe-stores.ts";
import { createOutbox, outboxMigrations } from "../../platform/outbox/index.ts";
import { createChannels } from "../channels/channels.ts";
import { channelMigrations } from "../channels/migrations.ts";
import type { Notification } from "../channels/notification.ts";
import type { Finding } from "../finding.ts";
import { createIncidents } from "./incidents.ts";
import { incidentMigrations } from "./migrations.ts";
import { finding, hourMs, settings, watched } from "./testing/hear.ts";

const firstPage = { limit: 100, cursor: null };
const ann = { author: "ann" };

describeStores("incidents", (open) => {
  async function openIncidents() {
    const sql = await open();
    await migrate(sql, [...accessMigrations, ...incidentMigrations]);
    let now = 1_000 * hourMs;
    let hour = 1_000;
    let serving = { model: watched.model, version: watched.version };
    const told: Notification[] = [];
    const channels = { announce: async (_: unknown, news: Notification) => void told.push(news), wake: () => {} };
    const incidents = createIncidents({
      sql,
      clock: { ...systemClock, now: () => now },
      logger: silentLogger,
      channels,
      settingsOf: () => settings,
      servingOf: () => serving,
    });
    const hear = async (verdict: Finding["verdict"], at = hour) => {
      const window = { from: at * hourMs, to: (at + 1) * hourMs };
      const findings = [finding("quality.type", verdict, { column: "a", severity: "critical" })];
      await incidents.hear([{ watched, window, settings, verdicts: [{ judge: "quality", findings }] }]);
      if (at === hour) hour += 1;
      now = Math.max(now, window.to);
    };
    const wait = (ms: number) => void (now += ms);
    const newest = async () => (await incidents.list(firstPage)).items[0]!;
    const types = () => told.map(({ type }) => type);
    const promote = () => void (serving = { ...serving, version: watched.version + 1 });
    return { sql, incidents, hear, wait, newest, types, promote, audit: createAudit({ sql }) };
  }

  test("are opened, looked at, and over, and who did what is on record", async () => {
    const { sql, incidents, hear, newest, types, audit } = await openIncidents();
    await hear("fail");
    const { id } = await newest();
    expect(await incidents.acknowledge(id, { ...ann, message: "On it." })).toMatchObject({
      state: "acknowledged",
      acknowledgedBy: "ann",
    });
    await hear("pass");
    await hear("pass");
    expect(await incidents.get(id)).toMatchObject({ state: "resolved", resolution: "quiet" });
    expect(types()).toEqual(["opened", "acknowledged", "resolved"]);
    const history = await incidents.history(id);
    expect(history.map(({ type, actor }) => [type, actor])).toEqual([
      ["opened", null],
      ["told", null],
      ["acknowledged", "ann"],
      ["told", null],
      ["resolved", null],
      ["told", null],
    ]);
    expect(history[2]!.text).toBe("Somebody looks at it. On it.");
    await expect(incidents.acknowledge(id, ann)).rejects.toMatchObject({ code: "precondition_failed" });
    await expect(incidents.get("nothing")).rejects.toMatchObject({ code: "not_found" });
    const { items } = await audit.list({ ...firstPage, action: "incident" });
    expect(items).toMatchObject([{ action: "incident.acknowledge", subject: "flight-delay", actor: "ann" }]);
    expect((await sql.db.selectFrom("monitor_states").selectAll().execute()).length).toBe(1);
  });

  test("are listed newest first, page by page, by what they are", async () => {
    const { incidents, hear } = await openIncidents();
    for (let i = 0; i < 3; i++) {
      await hear("fail");
      for (let j = 0; j < 3; j++) await hear("pass");
    }
    await hear("fail");
    const first = await incidents.list({ limit: 3, cursor: null });
    const rest = await incidents.list({ limit: 3, cursor: first.next });
    expect(first.items.map(({ state }) => state)).toEqual(["open", "resolved", "resolved"]);
    expect(rest.items.length).toBe(1);
    expect((await incidents.list({ ...firstPage, state: "active", endpoint: "flight-delay" })).items.length).toBe(1);
    expect((await incidents.list({ ...firstPage, state: "resolved", severity: "critical" })).items.length).toBe(3);
    expect((await incidents.list({ ...firstPage, endpoint: "other" })).items).toEqual([]);
    expect((await incidents.list({ ...firstPage, since: first.items[0]!.openedAt })).items.length).toBe(1);
  });

  test("are silent while they are muted, and told when that is over", async () => {
    const { incidents, hear, wait, newest, types } = await openIncidents();
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
    const { incidents, hear, newest } = await openIncidents();
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
    const { incidents, hear, wait, promote, newest, types } = await openIncidents();
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
    const incidents = createIncidents({ ...deps, channels, settingsOf: () => settings, servingOf: () => null });
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
    const { hear, newest, types } = await openIncidents();
    await hear("fail", 10);
    expect(await newest()).toMatchObject({ state: "open", openedAt: 11 * hourMs });
    await hear("pass", 11);
    await hear("pass", 12);
    expect((await newest()).state).toBe("resolved");
    expect(types()).toEqual([]);
  });
});
