import { expect, test } from "vitest";
import type { Alias } from "../registry/index.ts";
import { emptySpec, type Endpoint, type EndpointRevision, type EndpointSpec } from "./endpoint.ts";
import { resumeAliases, type ResumeAliasesDeps } from "./resume-aliases.ts";

const quiet = { warn: () => {}, info: () => {}, error: () => {} } as unknown as ResumeAliasesDeps["logger"];

/** An endpoint that was sent to version 2 at `movedAt`, and whose alias means version 1 since `aliasAt`. */
async function resume({
  movedAt,
  aliasAt,
  action,
}: {
  movedAt: number;
  aliasAt: number;
  action: EndpointRevision["action"];
}) {
  const spec: EndpointSpec = { ...emptySpec, target: { model: "m", version: 2, follows: null } };
  const endpoint: Endpoint = { name: "m", revision: 4, spec, createdAt: 0, updatedAt: movedAt };
  const settings = { action: "apply", changes: [{ path: "log.key" }], createdAt: movedAt + 5 };
  const moved = { action, changes: [{ path: "target.version" }], createdAt: movedAt };
  const alias = { model: "m", alias: "champion", version: 1, updatedAt: aliasAt } as Alias;
  const followed: number[] = [];
  await resumeAliases({
    store: {
      all: async () => [endpoint],
      listRevisions: async () => ({ items: [settings, moved] as unknown as EndpointRevision[], next: null }),
    },
    registry: { listAliases: async () => [alias] },
    operations: { list: async () => ({ items: [], next: null }) },
    aliases: { moveAlias: async () => null, follow: async ({ target }) => void followed.push(target!.version) },
    logger: quiet,
  });
  return followed;
}

test("an alias that was cut off from its endpoint by a crash follows it at the next start", async () => {
  expect(await resume({ movedAt: 20, aliasAt: 10, action: "rollout" })).toEqual([2]);
  expect(await resume({ movedAt: 20, aliasAt: 10, action: "promote" })).toEqual([2]);
});

test("one that was moved later stays where somebody put it", async () => {
  expect(await resume({ movedAt: 20, aliasAt: 30, action: "rollout" })).toEqual([]);
  expect(await resume({ movedAt: 20, aliasAt: 10, action: "alias" })).toEqual([]);
});
