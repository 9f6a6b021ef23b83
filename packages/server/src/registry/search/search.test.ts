import { expect, test } from "vitest";
import { accessMigrations, createAudit } from "../../access/index.ts";
import { systemClock } from "../../kernel/clock.ts";
import { migrate } from "../../platform/sql/index.ts";
import { describeStores, type OpenStore } from "../../platform/sql/testing/describe-stores.ts";
import { registryMigrations } from "../migrations.ts";
import type { VersionOrigin } from "../model-version.ts";
import { createRegistry, type Registry } from "../registry.ts";
import { newVersion, shaOf } from "../testing/new-version.ts";
import type { RegistryQuery } from "./registry-search.ts";

const all: RegistryQuery = { filter: null, orderBy: [], limit: 100, token: null };

function origin(source: string, runId = ""): VersionOrigin {
  return { source, storageLocation: source, runId, runLink: "", loggedModelId: "" };
}

async function useRegistry(open: OpenStore) {
  const sql = await open();
  await migrate(sql, [...accessMigrations, ...registryMigrations]);
  let now = 1_700_000_000_000;
  const clock = { ...systemClock, now: () => now++ };
  return { sql, clock, registry: createRegistry({ sql, clock, instance: "first" }) };
}

async function register(
  registry: Registry,
  model: string,
  about: { readonly runId?: string; readonly tags?: readonly [string, string][] } = {},
) {
  if (!(await names(registry, { filter: `name = '${model}'` })).includes(model))
    await registry.createModel({ name: model, description: null, tags: [] });
  const { runId = "", tags = [] } = about;
  const { version } = await registry.registerVersion({
    model,
    origin: origin(`s3://bucket/${model}`, runId),
    description: "",
    tags: tags.map(([key, value]) => ({ key, value })),
    author: "ann",
  });
  return version;
}

interface Found {
  readonly registered_models?: readonly { readonly name: string }[];
  readonly model_versions?: readonly { readonly name: string; readonly version: string }[];
  readonly next_page_token?: string;
}

const parse = (bytes: Uint8Array) => JSON.parse(new TextDecoder().decode(bytes)) as Found;

async function names(registry: Registry, query: Partial<RegistryQuery>): Promise<readonly string[]> {
  const { registered_models: models = [] } = parse(await registry.search.models({ ...all, ...query }));
  return models.map(({ name }) => name);
}

async function versions(registry: Registry, query: object): Promise<readonly string[]> {
  const { model_versions: found = [] } = parse(await registry.search.versions({ ...all, ...query }));
  return found.map(({ name, version }) => `${name}@${version}`);
}

describeStores("a search of the registry", (open) => {
  test("finds versions by what MLflow's filters know, and by times, with OR", async () => {
    const { registry } = await useRegistry(open);
    const first = await register(registry, "b", {
      runId: "run1",
      tags: [
        ["team", "crm"],
        ["odd key", "x"],
      ],
    });
    await register(registry, "b", { runId: "run2" });
    await register(registry, "A");
    await registry.createVersion(newVersion({ model: "deployed" }), { reuse: false });
    expect(await versions(registry, {})).toEqual(["deployed@1", "A@1", "b@2", "b@1"]);
    for (const [filter, found] of [
      ["name = 'b'", ["b@2", "b@1"]],
      ["name LIKE 'A%' OR run_id = 'run1'", ["A@1", "b@1"]],
      ["name ILIKE 'B'", ["b@2", "b@1"]],
      ["run_id IN ('run1', 'run2') and version_number > 1", ["b@2"]],
      ["tags.`odd key` = 'x'", ["b@1"]],
      ["tags.team != 'crm'", []],
      ["tags.team IS NULL AND name = 'b'", ["b@2"]],
      ["source_path = 'mlflow-artifacts:/slipway-versions/deployed/1'", ["deployed@1"]],
      ["source_path LIKE 's3:%' AND NOT name = 'b'", ["A@1"]],
      [`creation_timestamp <= ${first.createdAt}`, ["b@1"]],
    ] as const)
      expect({ filter, found: await versions(registry, { filter }) }).toEqual({ filter, found });
    expect(await versions(registry, { orderBy: ["name ASC"] })).toEqual(["A@1", "b@2", "b@1", "deployed@1"]);
    expect(await versions(registry, { orderBy: ["version_number ASC", "name DESC"] })).toEqual([
      "deployed@1",
      "b@1",
      "A@1",
      "b@2",
    ]);
  });

  test("gives pages of any order that have all and each once", async () => {
    const { registry } = await useRegistry(open);
    for (const model of ["m", "n", "ä"]) for (let n = 0; n < 3; n++) await register(registry, model);
    for (const orderBy of [[], ["name DESC"], ["version_number ASC"], ["last_updated_timestamp ASC", "name DESC"]]) {
      const whole = await versions(registry, { orderBy });
      const paged: string[] = [];
      let token: string | null = null;
      do {
        const page: Found = parse(await registry.search.versions({ ...all, orderBy, limit: 2, token }));
        paged.push(...page.model_versions!.map(({ name, version }) => `${name}@${version}`));
        token = page.next_page_token ?? null;
      } while (token !== null);
      expect(paged).toEqual(whole);
      expect(new Set(whole).size).toBe(9);
    }
    expect(await names(registry, { orderBy: ["name DESC"] })).toEqual(["ä", "n", "m"]);
    expect(await names(registry, { orderBy: ["timestamp ASC"] })).toEqual(["m", "n", "ä"]);
  });

  test("refuses what it does not understand", async () => {
    const { registry } = await useRegistry(open);
    for (const query of [
      { filter: "colour = 'red'" },
      { filter: "version_number = 'x'" },
      { filter: "name >" },
      { orderBy: ["colour"] },
      { orderBy: ["name", "name DESC"] },
      { token: "invalid_token" },
    ])
      await expect(registry.search.versions({ ...all, ...query }), JSON.stringify(query)).rejects.toMatchObject({
        code: "invalid_request",
      });
  });
});

describeStores("a registered version", (open) => {
  test("is verified once, in its place, on the audit trail", async () => {
    const { registry, sql } = await useRegistry(open);
    const registered = await register(registry, "churn", { runId: "run1" });
    expect(registered).toMatchObject({ state: "registered", digest: null, files: [], stage: "None" });
    const { model: _m, state: _s, message: _x, author: _a, ...found } = newVersion();
    const verified = await registry.verifyVersion(registered, found, "bob");
    expect(verified).toMatchObject({ ...found, state: "verified", id: registered.id, origin: registered.origin });
    expect(await registry.requireVersion("churn", 1)).toEqual(verified);
    expect(await registry.isReferenced(shaOf("model"))).toBe(true);
    expect((await registry.verifyVersion(registered, found, "bob")).id).toBe(registered.id);
    const other = { ...found, digest: shaOf("other") };
    await expect(registry.verifyVersion(registered, other, "bob")).rejects.toMatchObject({ code: "conflict" });
    const trail = await createAudit({ sql }).list({ limit: 10, cursor: null, subject: "churn@1" });
    expect(trail.items.map(({ action, actor }) => [action, actor])).toEqual([
      ["version.verify", "bob"],
      ["version.create", "ann"],
    ]);
  });

  test("is made once by a request that comes again, and anew by one that is new", async () => {
    const { registry, sql, clock } = await useRegistry(open);
    await registry.createModel({ name: "churn", description: null, tags: [] });
    const order = { model: "churn", origin: origin("s3://b/m"), description: "", tags: [], author: null };
    const first = await registry.registerVersion(order);
    expect((await registry.registerVersion(order)).version.version).toBe(2);
    registry.answerLost(first.mark);
    expect(await registry.registerVersion(order)).toMatchObject({ created: false, version: { version: 2 } });
    const restarted = createRegistry({ sql, clock, instance: "second" });
    expect(await restarted.registerVersion(order)).toMatchObject({ created: false, version: { version: 2 } });
    await expect(registry.createModel({ name: "churn", description: null, tags: [] })).rejects.toMatchObject({
      code: "already_exists",
    });
    await restarted.createModel({ name: "churn", description: null, tags: [] });
  });

  test("moves through stages, each move on the audit trail", async () => {
    const { registry, sql } = await useRegistry(open);
    for (let n = 0; n < 3; n++) await register(registry, "churn");
    const at = (version: number) => ({ model: "churn", version });
    await registry.moveStage(at(1), { stage: "production", archive: false }, "ann");
    await registry.moveStage(at(2), { stage: "Production", archive: true }, "bob");
    expect((await registry.requireVersion("churn", 1)).stage).toBe("Archived");
    expect((await registry.findLatestInStage("churn", "PRODUCTION"))?.version).toBe(2);
    const latest = await registry.search.latest("churn", []);
    expect(latest.map(({ version, current_stage }) => [version, current_stage])).toEqual([
      ["1", "Archived"],
      ["2", "Production"],
      ["3", "None"],
    ]);
    await expect(registry.moveStage(at(3), { stage: "None", archive: true })).rejects.toMatchObject({
      code: "invalid_request",
    });
    const trail = await createAudit({ sql }).list({ limit: 10, cursor: null, action: "stage.set" });
    // What happened in one millisecond has no order.
    const told = trail.items.map(({ subject, actor, details }) =>
      [subject, actor, details["from"], details["to"]].join(),
    );
    expect(told.toSorted()).toEqual([
      "churn@1,ann,None,Production",
      "churn@1,bob,Production,Archived",
      "churn@2,bob,None,Production",
    ]);
  });

  test("goes with its model to a new name, and is found by what was predicted under the old one", async () => {
    const { registry } = await useRegistry(open);
    await register(registry, "old", { tags: [["k", "v"]] });
    await registry.createVersion(newVersion({ model: "old" }), { reuse: false });
    await registry.setAlias("old", "champion", 2);
    await registry.setModelTag("old", { key: "team", value: "crm" });
    await registry.renameModel("old", "new", "ann");
    await expect(registry.getModel("old")).rejects.toMatchObject({ code: "model_not_found" });
    expect(await registry.search.model("new")).toMatchObject({
      name: "new",
      tags: [{ key: "team", value: "crm" }],
      aliases: [{ alias: "champion", version: "2" }],
      latest_versions: [{ version: "2", source: "mlflow-artifacts:/slipway-versions/new/2" }],
    });
    expect(await registry.listVersionTags({ model: "new", version: 1 })).toEqual([{ key: "k", value: "v" }]);
    expect((await registry.findRecorded("old", 2))?.version).toMatchObject({ model: "new", version: 2 });
    await registry.renameModel("new", "old");
    expect((await registry.resolve({ name: "old", alias: "champion" })).version).toBe(2);
    await register(registry, "taken");
    await expect(registry.renameModel("old", "taken")).rejects.toMatchObject({ code: "already_exists" });
    await registry.deleteModel("taken");
    await expect(registry.renameModel("old", "taken")).rejects.toMatchObject({ code: "already_exists" });
  });
});
