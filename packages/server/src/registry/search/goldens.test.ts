import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { accessMigrations } from "../../access/index.ts";
import { systemClock } from "../../kernel/clock.ts";
import { migrate } from "../../platform/sql/index.ts";
import { describeStores } from "../../platform/sql/testing/describe-stores.ts";
import { registryMigrations } from "../migrations.ts";
import { createRegistry } from "../registry.ts";

interface Line {
  readonly about: string;
  readonly name: string;
  readonly source: string;
  readonly run_id: string | null;
  readonly tags: Readonly<Record<string, string>>;
  readonly filter: string;
  readonly order_by: readonly string[];
  readonly found?: readonly string[];
}

/** What MLflow's own store was asked and said, by tools/goldens/mlflow-search.py. */
const file = new URL("../../tracking/search/testing/goldens.jsonl", import.meta.url);
const lines = readFileSync(file, "utf8")
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line) as Line);

const goldens = (about: string) => lines.filter((line) => line.about === `registry ${about}`);
const toPairs = (tags: Line["tags"]) => Object.entries(tags).map(([key, value]) => ({ key, value }));

interface Page {
  readonly registered_models?: readonly { readonly name: string }[];
  readonly model_versions?: readonly { readonly name: string; readonly version: string }[];
  readonly next_page_token?: string;
}

async function allPages(ask: (token: string | null) => Promise<Uint8Array>): Promise<readonly string[]> {
  const names: string[] = [];
  for (let token: string | null = null; ;) {
    const page = JSON.parse(new TextDecoder().decode(await ask(token))) as Page;
    names.push(...(page.registered_models ?? []).map(({ name }) => name));
    names.push(...(page.model_versions ?? []).map(({ name, version }) => `${name}@${version}`));
    if (page.next_page_token === undefined) return names;
    token = page.next_page_token;
  }
}

describeStores("the registry answers as MLflow's own store does", (open) => {
  test("about models and versions, with its rule of prompts", { timeout: 60_000 }, async () => {
    const sql = await open();
    await migrate(sql, [...accessMigrations, ...registryMigrations]);
    const registry = createRegistry({ sql, clock: systemClock, instance: "first" });
    for (const { name, tags } of goldens("models"))
      await registry.createModel({ name, description: null, tags: toPairs(tags) });
    for (const { name, source, run_id, tags } of goldens("versions")) {
      const origin = { source, storageLocation: source, runId: run_id ?? "", runLink: "", loggedModelId: "" };
      await registry.registerVersion({ model: name, origin, description: "", tags: toPairs(tags), author: null });
    }
    for (const [search, about] of [
      [registry.search.models, "model_queries"],
      [registry.search.versions, "version_queries"],
    ] as const)
      for (const { filter, order_by: orderBy, found } of goldens(about)) {
        const ours = await allPages((token) => search({ filter, orderBy, limit: 2, token })).catch(() => undefined);
        expect({ filter, orderBy, found: ours }).toEqual({ filter, orderBy, found });
      }
  });
});
