import { expect, test } from "vitest";
import { accessMigrations, createAudit } from "../../access/index.ts";
import { systemClock } from "../../kernel/clock.ts";
import { silentLogger } from "../../kernel/logger.ts";
import { createOutbox, outboxMigrations } from "../../platform/outbox/index.ts";
import { migrate } from "../../platform/sql/index.ts";
import { describeStores } from "../../platform/sql/testing/describe-stores.ts";
import { registryMigrations } from "../migrations.ts";
import { createRegistry } from "../registry.ts";
import { newVersion } from "../testing/new-version.ts";
import { createWebhooks, webhookMigrations, type WebhookOrder } from "./index.ts";

const order: WebhookOrder = {
  name: "ci",
  url: "https://93.184.215.14/hook",
  events: [{ entity: "model_version_alias", action: "created" }],
  secret: "hush",
};
const firstPage = { limit: 100, cursor: null };

describeStores("webhooks", (open) => {
  async function openWebhooks(allowPrivate = false) {
    const sql = await open();
    await migrate(sql, [...accessMigrations, ...outboxMigrations, ...registryMigrations, ...webhookMigrations]);
    const outbox = createOutbox({ sql, clock: systemClock, logger: silentLogger, allowPrivate });
    // What a key makes of a secret is tested where it is made.
    const sealer = { seal: (text: string) => `sealed ${text.length}`, open: () => "hush" };
    const webhooks = createWebhooks({ sql, clock: systemClock, outbox, sealer, allowHttp: allowPrivate });
    const registry = createRegistry({ sql, clock: systemClock, webhooks });
    const pending = async (id: string) => (await webhooks.state(id)).pending;
    return { sql, webhooks, registry, pending, audit: createAudit({ sql }) };
  }

  test("are kept, changed and deleted, each on the audit trail, and show no secret", async () => {
    const { webhooks, audit, sql } = await openWebhooks();
    const made = await webhooks.create({ ...order, description: "tells CI" }, "ann");
    expect(made).toMatchObject({ name: "ci", status: "ACTIVE", description: "tells CI", events: order.events });
    expect(await webhooks.get(made.id)).toEqual(made);
    const second = await webhooks.create({ ...order, name: "other", status: "DISABLED" }, null);
    const page = await webhooks.list({ limit: 1, cursor: null });
    expect(page.items).toEqual([second]);
    expect((await webhooks.list({ limit: 1, cursor: page.next })).items).toEqual([made]);
    const changed = await webhooks.update(made.id, { url: "https://93.184.215.14/new", description: "" }, "bob");
    expect(changed).toMatchObject({ name: "ci", url: "https://93.184.215.14/new", description: null });
    expect(changed.updatedAt).toBeGreaterThanOrEqual(made.updatedAt);
    await webhooks.delete(made.id, "bob");
    await expect(webhooks.get(made.id)).rejects.toMatchObject({ code: "not_found" });
    const trail = await createAudit({ sql }).list({ ...firstPage, subject: made.id });
    expect(trail.items.map(({ action, actor }) => [action, actor])).toEqual([
      ["webhook.delete", "bob"],
      ["webhook.update", "bob"],
      ["webhook.create", "ann"],
    ]);
    const all = JSON.stringify([made, changed, second, (await audit.list(firstPage)).items]);
    expect(all).not.toContain("hush");
    expect(all).not.toContain("sealed");
  });

  test("what is wrong is refused, also in a change", async () => {
    const { webhooks } = await openWebhooks();
    const { id } = await webhooks.create(order, null);
    const wrong = [
      [{ name: "-ci" }, /Webhook name '-ci' is invalid/],
      [{ url: "http://93.184.215.14/" }, /Invalid webhook URL scheme: 'http'. Allowed schemes are: https\./],
      [{ url: "nowhere" }, /Invalid webhook URL 'nowhere'/],
      [{ url: " " }, /cannot be empty/],
      [{ url: "https://127.0.0.1/" }, /127\.0\.0\.1 is not a public address/],
      [{ url: "https://localhost:9/" }, /localhost is .* not a public address/],
      [{ events: [] }, /must be a non-empty list/],
      [{ events: [{ entity: "registered_model", action: "set" }] }, /Invalid action 'set' .* \['created'\]/],
    ] as const;
    for (const [change, message] of wrong)
      for (const attempt of [
        () => webhooks.create({ ...order, ...change }, null),
        () => webhooks.update(id, change, null),
      ])
        await expect(attempt(), JSON.stringify(change)).rejects.toMatchObject({
          code: "invalid_request",
          message: expect.stringMatching(message),
        });
  });

  test("what happens is put in the outbox with the change, for whom it concerns, and not where it was undone", async () => {
    const { webhooks, registry, pending, sql } = await openWebhooks();
    const { id } = await webhooks.create(order, null);
    const off = await webhooks.create({ ...order, status: "DISABLED" }, null);
    const other = await webhooks.create({ ...order, events: [{ entity: "model_version", action: "created" }] }, null);
    await registry.createVersion(newVersion(), { reuse: true });
    await registry.setAlias("flight-delay", "champion", 1);
    // Nothing moved.
    await registry.setAlias("flight-delay", "champion", 1);
    await expect(registry.setAlias("flight-delay", "champion", 9)).rejects.toMatchObject({ code: "version_not_found" });
    expect([await pending(id), await pending(off.id), await pending(other.id)]).toEqual([1, 0, 1]);
    await expect(
      sql.tx(async (trx) => {
        await webhooks.announce(trx, [{ entity: "model_version_alias", action: "created", data: {} }]);
        throw new Error("undone");
      }),
    ).rejects.toThrow("undone");
    expect(await pending(id)).toBe(1);
    await webhooks.delete(id, null);
    expect(await pending(id)).toBe(0);
  });
});
