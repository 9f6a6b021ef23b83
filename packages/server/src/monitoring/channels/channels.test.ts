import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { openSqlite } from "../../platform/sql/index.ts";
import { createHearing, finding } from "../incidents/testing/hear.ts";
import { toNotification } from "./notification.ts";
import { openChannels } from "./testing/open-channels.ts";

function newNotification() {
  const hearing = createHearing();
  hearing.hear(0, [finding("quality.type", "fail", { column: "a", severity: "critical" })]);
  return toNotification({ ...hearing.incident!, told: null }, "opened", 5);
}

async function startReceiver() {
  const got: { readonly path: string; readonly body: string }[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => void parts.push(part));
    request.on("end", () => {
      got.push({ path: request.url ?? "", body: Buffer.concat(parts).toString() });
      response.end("thanks");
    });
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  onTestFinished(() => new Promise<void>((done) => void server.close(() => done())));
  return { got, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

describe("channels in one database", () => {
  const closers: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const close of closers.splice(0)) await close();
  });
  const open = async () => {
    const sql = await openSqlite({ path: ":memory:" });
    closers.push(() => sql.close());
    return sql;
  };

  test("of private networks are refused", async () => {
    const { channels } = await openChannels(open, false);
    const mail = { name: "a", kind: "email", url: "smtp://127.0.0.1", to: ["a@x.test"], from: "b@x.test" } as const;
    for (const order of [mail, { name: "a", kind: "webhook", url: "https://169.254.169.254/latest" } as const])
      await expect(channels.add(order, null)).rejects.toMatchObject({
        code: "invalid_request",
        message: expect.stringContaining("not a public address"),
      });
  });

  test("are told what concerns them, in their own form, with secrets that do not wait in SQL", async () => {
    const { sql, outbox, channels } = await openChannels(open);
    const { got, url } = await startReceiver();
    await channels.add({ name: "hook", kind: "webhook", url: `${url}/hook` }, null);
    await channels.add({ name: "duty", kind: "pagerduty", url: `${url}/duty`, secret: "R-hush" }, null);
    await channels.add({ name: "others", kind: "webhook", url: `${url}/others`, endpoints: ["fraud"] }, null);
    await channels.add({ name: "loud", kind: "slack", url: `${url}/loud`, minSeverity: "critical" }, null);
    const told = newNotification();
    const warning = { ...told, incident: { ...told.incident, severity: "warning" as const } };
    await sql.tx((trx) => channels.announce(trx, told, null));
    await sql.tx((trx) => channels.announce(trx, warning, ["duty", "loud"]));
    const waiting = await sql.db.selectFrom("outbox").selectAll().execute();
    expect(waiting.length).toBe(4);
    expect(JSON.stringify(waiting)).not.toContain("R-hush");
    await outbox.start();
    await vi.waitFor(() => expect(got.length).toBe(4), { timeout: 10_000 });
    expect(got.map(({ path }) => path).toSorted()).toEqual(["/duty", "/duty", "/hook", "/loud"]);
    expect(got.find(({ path }) => path === "/duty")!.body).toContain('"routing_key":"R-hush"');
    expect(JSON.parse(got.find(({ path }) => path === "/hook")!.body)).toMatchObject({
      type: "dev.slipway.incident.opened",
    });
    await outbox.stop();
  });

  test("can be tried, whatever comes of it", async () => {
    const { channels } = await openChannels(open);
    const { got, url } = await startReceiver();
    await channels.add({ name: "hook", kind: "webhook", url }, null);
    expect(await channels.test("hook")).toEqual({ success: true, status: 200, body: "thanks", error: null });
    expect(JSON.parse(got[0]!.body).type).toBe("dev.slipway.incident.test");
    await channels.add({ name: "gone", kind: "webhook", url: "http://127.0.0.1:1/" }, null);
    expect(await channels.test("gone")).toMatchObject({
      success: false,
      error: expect.stringContaining("ECONNREFUSED"),
    });
  });
});
