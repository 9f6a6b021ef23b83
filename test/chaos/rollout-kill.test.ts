import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Rollout } from "@slipway/contract";
import { createClient, type Client } from "@slipway/sdk";
import { beforeAll, describe, expect, test } from "vitest";
import { deploy } from "../lib/deploy.ts";
import { scaledMatrix } from "../lib/models.ts";
import { rounds } from "../lib/rounds.ts";
import { useServer } from "../lib/server.ts";

const server = useServer({ readyMs: 60_000 });
const client = (): Client => createClient({ url: server.url, timeoutMs: 60_000 });
const name = "sign";

beforeAll(async () => {
  await deploy(server.url, scaledMatrix(1), { name });
  await deploy(server.url, scaledMatrix(-1), { name, traffic: false });
}, 120_000);

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const section = { gates: [], guardrails: [], steps: [{ traffic: "0%" }, { traffic: "50%", min_samples: 1 }] };
const course = [
  "started pending -1",
  "step gating -1",
  "gated stepping 0",
  "step stepping 1",
  "decided promoting 1",
  "ended succeeded 1",
];

/** How many events are on record, as SQL has it: whoever is killed now has just written the last one. */
function countEvents(database: DatabaseSync, id: string): number {
  const row = database.prepare("select count(*) as n from rollout_events where rollout = ?").get(id);
  return Number(row?.["n"]);
}

async function killAt(event: number, { id }: Rollout): Promise<void> {
  const database = new DatabaseSync(join(server.data, "slipway.db"), { readOnly: true });
  try {
    while (countEvents(database, id) < event) await pause(1);
  } finally {
    database.close();
  }
  await server.kill9();
}

const askOnce = async () =>
  client()
    .endpoint(name)
    .predict([{ X: [1, 0, 0, 0] }]);

/** Few requests, also while nobody is there to answer. */
async function ask(alive: () => boolean): Promise<void> {
  while (alive()) {
    await askOnce().catch(() => undefined);
    await pause(50);
  }
}

async function untilEnd({ id }: Rollout): Promise<Rollout> {
  for await (const { rollout } of client().rollouts.watch(id, { everyMs: 100 })) if (!rollout.active) return rollout;
  throw new Error(`The rollout ${id} has no end.`);
}

describe("kill -9 of the server while a version takes the traffic", () => {
  // One in the middle, or all of them ten times.
  const boundaries = Array.from({ length: rounds(1, 10 * course.length) }, (_, i) => 1 + ((i + 2) % course.length));

  test(
    `${boundaries.length} kills, after each of its events: the same end, no event lost or doubled`,
    { timeout: rounds(120_000, 3_600_000) },
    async () => {
      let asking = true;
      const load = ask(() => asking);
      try {
        for (const event of boundaries) {
          const { target } = await client().endpoints.get(name);
          const to = 3 - (target?.version ?? 0);
          const rollout = await client().rollouts.start(name, to, { rollout: section });
          await killAt(event, rollout);
          await server.restart();
          const ended = await untilEnd(rollout);
          expect(ended).toMatchObject({ phase: "succeeded", events: course.length });
          const { items, intact } = await client().rollouts.events(rollout.id);
          expect(items.map(({ kind, to: phase, step }) => `${kind} ${phase} ${step}`)).toEqual(course);
          expect(intact).toBe(true);
          expect(await client().endpoints.get(name)).toMatchObject({ target: { version: to } });
        }
      } finally {
        asking = false;
        await load;
      }
    },
  );
});
