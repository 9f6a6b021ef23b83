import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createClient } from "@slipway/sdk";
import { expect, test, vi } from "vitest";
import { deploy } from "../lib/deploy.ts";
import { fetchJson } from "../lib/fetch-json.ts";
import { flight, patientFlights } from "../lib/models.ts";
import { rounds } from "../lib/rounds.ts";
import { startServer, type TestServer } from "../lib/server.ts";

const count = rounds(2, 40);
const rows = 20;

async function predict(server: TestServer, person: string): Promise<string> {
  const records = Array.from({ length: rows }, (_, row) => ({
    ...flight,
    flight_id: row === 7 ? person : `other ${row}`,
  }));
  const { body } = await fetchJson(`${server.url}/api/v1/endpoints/flight-delay/predict`, { json: records });
  return body.id as string;
}

async function listKeys(server: TestServer): Promise<string[]> {
  const keys: string[] = [];
  const all = createClient({ url: server.url }).predictions.all("flight-delay", { limit: 1000 });
  for await (const { id, key } of all) keys.push(`${id} ${key}`);
  return keys;
}

function holds(data: string, text: string): boolean {
  return readdirSync(data, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .some((entry) => readFileSync(join(entry.parentPath, entry.name)).includes(text));
}

/** Until nothing is under way any more. */
async function settle(server: TestServer): Promise<void> {
  const client = createClient({ url: server.url });
  await vi.waitFor(
    async () => {
      const { items } = await client.operations.list();
      expect(items.filter(({ finished_at }) => finished_at === null)).toEqual([]);
    },
    { timeout: 60_000, interval: 100 },
  );
}

test(
  "kill -9 in the middle of an erase: after the next start nothing is left of one person, and all of the others",
  { timeout: count * 60_000 + 60_000 },
  async () => {
    const server = await startServer({ args: ["--log-segment", "64KiB"] });
    await deploy(server.url, patientFlights().v1);
    for (let round = 0; round < count; round++) {
      const person = `person-${round}-of-tinytown`;
      for (let i = 0; i < 10; i++) await predict(server, person);
      const before = await listKeys(server);
      const where = `"key" = '${person}'`;
      const started = await createClient({ url: server.url }).predictions.erase("flight-delay", { where });
      await sleep(Math.random() * 1500);
      await server.kill9();
      await server.restart();
      await settle(server);
      const client = createClient({ url: server.url });
      // Killed before it had begun, it is asked for again.
      const { state } = await client.operations.get(started.id);
      if ((await client.predictions.find("flight-delay", person)).length > 0) {
        expect(state).toBe("failed");
        await client.operations.wait((await client.predictions.erase("flight-delay", { where })).id);
      }
      expect(await listKeys(server)).toEqual(before.filter((key) => !key.endsWith(person)));
      const { rows: counted } = await client.predictions.query("flight-delay", {
        sql: "select count(*) as n from predictions",
      });
      expect(counted).toEqual([{ n: (round + 1) * 10 * (rows - 1) }]);
      expect(holds(server.data, person)).toBe(false);
    }
  },
);
