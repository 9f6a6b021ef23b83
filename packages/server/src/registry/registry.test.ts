import { expect, test } from "vitest";
import { accessMigrations } from "../access/index.ts";
import { systemClock } from "../kernel/clock.ts";
import { migrate } from "../platform/sql/index.ts";
import { describeStores } from "../platform/sql/testing/describe-stores.ts";
import type { OpenStore } from "../platform/sql/testing/describe-stores.ts";
import { registryMigrations } from "./migrations.ts";
import type { NewVersion } from "./model-version.ts";
import type { RegistryNews } from "./news.ts";
import { createRegistry } from "./registry.ts";
import type { Registry } from "./registry.ts";
import { newVersion, shaOf } from "./testing/new-version.ts";

const firstPage = { limit: 100, cursor: null };

async function useRegistry(open: OpenStore) {
  const sql = await open();
  await migrate(sql, [...accessMigrations, ...registryMigrations]);
  let now = 1_700_000_000_000;
  const registry = createRegistry({ sql, clock: { ...systemClock, now: () => now++ } });
  const news: RegistryNews[] = [];
  registry.events.on((each) => void news.push(each));
  return { registry, news, sql };
}

/** Makes versions 1, 2, … of different bytes. */
async function addVersions(registry: Registry, count: number, change: Partial<NewVersion> = {}) {
  const made = [];
  for (let n = 1; n <= count; n++)
    made.push(
      (await registry.createVersion(newVersion({ digest: shaOf(`${n}`), ...change }), { reuse: false })).version,
    );
  return made;
}

describeStores("the registry's versions", (open) => {
  test("are numbered and come back as they were", async () => {
    const { registry, news } = await useRegistry(open);
    const { version, created } = await registry.createVersion(newVersion(), { reuse: true });
    expect(created).toBe(true);
    expect(version).toMatchObject({ ...newVersion(), version: 1, deletedAt: null });
    expect(await registry.requireVersion("flight-delay", 1)).toEqual(version);
    expect(news).toEqual([{ type: "version.created", version, tags: [] }]);
    const bare = newVersion({ modelSection: null, report: null, owner: null, message: null, author: null });
    const second = await registry.createVersion(bare, { reuse: false });
    expect(second.version.version).toBe(2);
    expect(await registry.findVersion("flight-delay", 2)).toEqual(second.version);
    expect(await registry.findVersion("flight-delay", 3)).toBe(null);
  });

  test("of the same bytes are reused where that is wished, also by many at once", async () => {
    const { registry, news } = await useRegistry(open);
    const made = await Promise.all(
      Array.from({ length: 8 }, () => registry.createVersion(newVersion(), { reuse: true })),
    );
    expect(made.filter((each) => each.created).length).toBe(1);
    expect(new Set(made.map((each) => each.version.id)).size).toBe(1);
    expect(news.length).toBe(1);
    const again = await registry.createVersion(newVersion(), { reuse: false });
    expect(again).toMatchObject({ created: true, version: { version: 2 } });
    const newest = await registry.createVersion(newVersion(), { reuse: true });
    expect(newest).toMatchObject({ created: false, version: { version: 2 } });
    const other = await registry.createVersion(newVersion({ model: "other" }), { reuse: true });
    expect(other).toMatchObject({ created: true, version: { version: 1 } });
  });

  test("get different numbers, however many come at once", async () => {
    const { registry } = await useRegistry(open);
    const made = await Promise.all(
      Array.from({ length: 10 }, () => registry.createVersion(newVersion(), { reuse: false })),
    );
    const numbers = made.map((each) => each.version.version).toSorted((a, b) => a - b);
    expect(numbers).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  test("are refused where they are not whole", async () => {
    const { registry } = await useRegistry(open);
    const wrong = registry.createVersion(newVersion({ entry: "nowhere.onnx" }), { reuse: false });
    await expect(wrong).rejects.toMatchObject({ code: "invalid_request" });
    expect((await registry.listModels(firstPage)).items).toEqual([]);
  });

  test("that were deleted are gone, and their numbers and bytes are free to be made anew", async () => {
    const { registry, news } = await useRegistry(open);
    await addVersions(registry, 3);
    await registry.deleteVersion("flight-delay", 3);
    expect(news.at(-1)).toMatchObject({ type: "version.deleted", version: { version: 3 } });
    expect(await registry.findVersion("flight-delay", 3)).toBe(null);
    const gone = await registry.requireVersion("flight-delay", 3).catch((error: unknown) => error);
    expect(gone).toMatchObject({ code: "version_not_found", details: { versions: [2, 1] } });
    expect(String(gone)).toMatch(/was deleted at 20.*Its versions are 2, 1\./);
    await expect(registry.deleteVersion("flight-delay", 3)).rejects.toMatchObject({ code: "version_not_found" });
    const again = await registry.createVersion(newVersion({ digest: shaOf("3") }), { reuse: true });
    expect(again).toMatchObject({ created: true, version: { version: 4 } });
  });

  test("say which blobs are needed", async () => {
    const { registry } = await useRegistry(open);
    const twice = ["a", "b"].map((path) => ({ path, sha256: shaOf("shared"), size: 1 }));
    await addVersions(registry, 2, { files: twice, entry: "a" });
    expect(await registry.isReferenced(shaOf("shared"))).toBe(true);
    expect(await registry.isReferenced(shaOf("nothing"))).toBe(false);
    await registry.deleteVersion("flight-delay", 1);
    expect(await registry.isReferenced(shaOf("shared"))).toBe(true);
    await registry.deleteVersion("flight-delay", 2);
    expect(await registry.isReferenced(shaOf("shared"))).toBe(false);
  });

  test("are listed newest first, in pages", async () => {
    const { registry } = await useRegistry(open);
    await addVersions(registry, 5);
    await registry.deleteVersion("flight-delay", 2);
    const first = await registry.listVersions("flight-delay", { limit: 2, cursor: null });
    const second = await registry.listVersions("flight-delay", { limit: 2, cursor: first.next });
    expect([...first.items, ...second.items].map((version) => version.version)).toEqual([5, 4, 3, 1]);
    expect(second.next).toBe(null);
    await expect(registry.listVersions("no", firstPage)).rejects.toMatchObject({ code: "model_not_found" });
  });
});

describeStores("the registry's aliases", (open) => {
  test("move, and every move is on record", async () => {
    const { registry, news } = await useRegistry(open);
    await addVersions(registry, 2);
    await registry.setAlias("flight-delay", "champion", 1, "ada");
    const second = await registry.setAlias("flight-delay", "champion", 2, "bob");
    expect(await registry.setAlias("flight-delay", "champion", 2, "eve")).toEqual(second);
    await registry.setAlias("flight-delay", "a", 1);
    expect((await registry.listAliases("flight-delay")).map(({ alias, version }) => [alias, version])).toEqual([
      ["a", 1],
      ["champion", 2],
    ]);
    await registry.deleteAlias("flight-delay", "champion", "cat");
    const { items } = await registry.listAliasEvents("flight-delay", firstPage);
    expect(items.map(({ alias, from, to, author }) => [alias, from, to, author])).toEqual([
      ["champion", 2, null, "cat"],
      ["a", null, 1, null],
      ["champion", 1, 2, "bob"],
      ["champion", null, 1, "ada"],
    ]);
    const paged = await registry.listAliasEvents("flight-delay", { limit: 3, cursor: null });
    const rest = await registry.listAliasEvents("flight-delay", { limit: 3, cursor: paged.next });
    expect([...paged.items, ...rest.items]).toEqual(items);
    expect(news.map((each) => each.type).slice(2)).toEqual(["alias.set", "alias.set", "alias.set", "alias.deleted"]);
    expect(news[3]).toMatchObject({ type: "alias.set", from: 1, alias: { version: 2 } });
  });

  test("are refused where they cannot be", async () => {
    const { registry } = await useRegistry(open);
    await addVersions(registry, 1);
    for (const alias of ["1", "22", "", "a b"])
      await expect(registry.setAlias("flight-delay", alias, 1)).rejects.toMatchObject({ code: "invalid_name" });
    await expect(registry.setAlias("flight-delay", "a", 2)).rejects.toMatchObject({ code: "version_not_found" });
    await expect(registry.setAlias("nothing", "a", 1)).rejects.toMatchObject({ code: "model_not_found" });
    await expect(registry.deleteAlias("flight-delay", "a")).rejects.toMatchObject({ code: "alias_not_found" });
    await expect(registry.listAliases("nothing")).rejects.toMatchObject({ code: "model_not_found" });
  });

  test("keep their version from being deleted", async () => {
    const { registry } = await useRegistry(open);
    await addVersions(registry, 1);
    await registry.setAlias("flight-delay", "champion", 1);
    const error = await registry.deleteVersion("flight-delay", 1).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: "in_use", details: { aliases: ["champion"] } });
    await registry.deleteAlias("flight-delay", "champion");
    await registry.deleteVersion("flight-delay", 1);
  });

  test("resolve, as do numbers and bare names", async () => {
    const { registry } = await useRegistry(open);
    const name = "flight-delay";
    await addVersions(registry, 3);
    const numberOf = async (address: object) => (await registry.resolve({ name, ...address })).version;
    expect(await numberOf({})).toBe(3);
    expect(await numberOf({ version: 2 })).toBe(2);
    await registry.setAlias(name, "champion", 1);
    await registry.setAlias(name, "shadow", 2);
    expect(await numberOf({})).toBe(1);
    expect(await numberOf({ alias: "shadow" })).toBe(2);
    await expect(numberOf({ version: 9 })).rejects.toMatchObject({ code: "version_not_found" });
    const noAlias = await numberOf({ alias: "none" }).catch((error: unknown) => error);
    expect(noAlias).toMatchObject({ code: "alias_not_found", details: { aliases: ["champion", "shadow"] } });
    await expect(registry.resolve({ name: "other" })).rejects.toMatchObject({ code: "model_not_found" });
    await expect(registry.resolve({ name: "other", alias: "a" })).rejects.toMatchObject({ code: "model_not_found" });
  });
});

describeStores("the registry's models", (open) => {
  test("tell their versions and aliases, in pages by name", async () => {
    const { registry } = await useRegistry(open);
    for (const [model, count] of Object.entries({ b: 2, a: 1, c: 1 })) await addVersions(registry, count, { model });
    await registry.setAlias("b", "champion", 1);
    await registry.deleteVersion("c", 1);
    const first = await registry.listModels({ limit: 2, cursor: null });
    expect(first.items).toMatchObject([
      { name: "a", description: null, versions: 1, latest: 1, aliases: {} },
      { name: "b", versions: 2, latest: 2, aliases: { champion: 1 } },
    ]);
    const second = await registry.listModels({ limit: 2, cursor: first.next });
    expect(second).toMatchObject({ items: [{ name: "c", versions: 0, latest: null }], next: null });
    expect(await registry.describeModel("b", "Is it late?")).toMatchObject({ name: "b", description: "Is it late?" });
    expect(await registry.getModel("b")).toMatchObject({ description: "Is it late?", latest: 2 });
    await expect(registry.resolve({ name: "c" })).rejects.toMatchObject({ code: "version_not_found" });
  });

  test("that are not there: the nearest names are told", async () => {
    const { registry } = await useRegistry(open);
    const missing = () => registry.getModel("flight-dealy").catch((error: unknown) => error);
    expect(String(await missing())).toContain("There is no model yet");
    await addVersions(registry, 1, { model: "zzz" });
    expect(String(await missing())).toContain('There is "zzz".');
    await addVersions(registry, 1, { model: "flight-delay" });
    await addVersions(registry, 1, { model: "flight_delay2" });
    const error = await missing();
    expect(error).toMatchObject({ code: "model_not_found" });
    expect(error).toMatchObject({ details: { model: "flight-dealy", nearest: ["flight-delay", "flight_delay2"] } });
    expect(String(error)).toContain('Did you mean "flight-delay" or "flight_delay2"?');
  });

  test("are deleted whole, and the numbers go on where the name is used again", async () => {
    const { registry, news } = await useRegistry(open);
    await addVersions(registry, 2);
    await registry.describeModel("flight-delay", "old");
    await registry.setAlias("flight-delay", "champion", 2);
    await registry.deleteModel("flight-delay", "ada");
    expect(news.slice(-3).map((each) => each.type)).toEqual(["alias.deleted", "version.deleted", "version.deleted"]);
    expect((await registry.listModels(firstPage)).items).toEqual([]);
    await expect(registry.getModel("flight-delay")).rejects.toMatchObject({ code: "model_not_found" });
    await expect(registry.deleteModel("flight-delay")).rejects.toMatchObject({ code: "model_not_found" });
    await expect(registry.setAlias("flight-delay", "champion", 2)).rejects.toMatchObject({ code: "model_not_found" });
    expect(await registry.isReferenced(shaOf("model"))).toBe(false);
    const again = await registry.createVersion(newVersion(), { reuse: true });
    expect(again.version.version).toBe(3);
    expect(await registry.getModel("flight-delay")).toMatchObject({ description: null, versions: 1, aliases: {} });
    expect((await registry.listAliasEvents("flight-delay", firstPage)).items[0]).toMatchObject({
      to: null,
      author: "ada",
    });
  });
});

describeStores("files of versions", (open) => {
  test("are needed by living versions only; what was taken away of deleted ones is remembered", async () => {
    const { registry } = await useRegistry(open);
    const shared = { path: "shared.bin", sha256: shaOf("shared"), size: 1 };
    const make = async (name: string) => {
      const files = [{ path: "model.onnx", sha256: shaOf(name), size: 1 }, shared];
      return (await registry.createVersion(newVersion({ digest: shaOf(`digest ${name}`), files }), { reuse: true }))
        .version;
    };
    const [first, second] = [await make("one"), await make("two")];
    expect(await registry.listReferenced()).toEqual(new Set([shaOf("one"), shaOf("two"), shared.sha256]));
    await registry.deleteVersion("flight-delay", 1);
    expect(await registry.listReferenced()).toEqual(new Set([shaOf("two"), shared.sha256]));
    expect(await registry.isReferenced(shaOf("one"))).toBe(false);
    expect((await registry.listDeleted()).map((version) => version.id)).toEqual([first.id]);
    expect(await registry.findRecorded("flight-delay", 1)).toMatchObject({
      version: { id: first.id, deletedAt: expect.any(Number) },
      collectedAt: null,
    });
    await registry.markCollected([first.id]);
    await registry.markCollected([first.id]);
    expect(await registry.listDeleted()).toEqual([]);
    expect(await registry.findRecorded("flight-delay", 1)).toMatchObject({ collectedAt: expect.any(Number) });
    expect(await registry.findRecorded("flight-delay", 2)).toMatchObject({
      version: { id: second.id },
      collectedAt: null,
    });
    expect(await registry.findRecorded("flight-delay", 3)).toBeNull();
  });
});
