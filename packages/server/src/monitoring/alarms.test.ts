import { expect, test } from "vitest";
import { createAudit } from "../access/index.ts";
import { describeStores } from "../platform/sql/testing/describe-stores.ts";
import { openChannels } from "./channels/testing/open-channels.ts";
import { keepMs, openIncidents } from "./incidents/testing/open-incidents.ts";

const firstPage = { limit: 100, cursor: null };
const ann = { author: "ann" };

describeStores("incidents and channels", (open) => {
  test("are opened, looked at, and over, and who did what is on record", async () => {
    const { sql, incidents, hear, wait, newest, types, audit } = await openIncidents(open);
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
    wait(2 * keepMs);
    await incidents.tick();
    expect((await incidents.list(firstPage)).items).toEqual([]);
    expect(await sql.db.selectFrom("monitor_states").selectAll().execute()).toEqual([]);
  });

  test("are listed newest first, page by page, by what they are", async () => {
    const { incidents, hear } = await openIncidents(open);
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

  test("channels are kept by their names, with their secrets sealed, and on the audit trail", async () => {
    const { sql, channels } = await openChannels(open);
    const slack = { name: "team", kind: "slack", url: "https://93.184.215.14/services/T0/hush" } as const;
    expect(await channels.add(slack, "ann")).toMatchObject({ name: "team", address: "https://93.184.215.14/…" });
    await channels.add({ name: "duty", kind: "pagerduty", secret: "hush" }, null);
    await expect(channels.add(slack, null)).rejects.toMatchObject({ code: "already_exists" });
    const { items } = await channels.list(firstPage);
    expect(items.map(({ name }) => name)).toEqual(["duty", "team"]);
    expect(JSON.stringify(items)).not.toContain("hush");
    const rows = await sql.db.selectFrom("monitor_channels").selectAll().execute();
    expect(JSON.stringify(rows)).not.toContain("hush");
    await channels.remove("team", "bob");
    await expect(channels.get("team")).rejects.toMatchObject({ code: "not_found" });
    const trail = await createAudit({ sql }).list({ ...firstPage, subject: "team" });
    expect(trail.items.map(({ action, actor }) => [action, actor])).toEqual([
      ["channel.delete", "bob"],
      ["channel.create", "ann"],
    ]);
  });
});
