import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createClient, type Client } from "@slipway/sdk";
import { expect, test } from "vitest";
import { runCli } from "../lib/cli.ts";
import { deploy } from "../lib/deploy.ts";
import { fetchJson } from "../lib/fetch-json.ts";
import { patientFlights } from "../lib/models.ts";
import { startServer, type TestServer } from "../lib/server.ts";

const person = "alice-of-tinytown";
const flight = { origin: "ATL", destination: "JFK", hour: 8, weekday: 1, distance: 760 };

/** Files of the data folder whose bytes hold the text; the server's own log names nobody, so it counts, too. */
function grep(data: string, text: string): string[] {
  return readdirSync(data, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => readFileSync(path).includes(text));
}

async function listAll(client: Client): Promise<object[]> {
  const items: object[] = [];
  for await (const item of client.predictions.all("flight-delay", { limit: 500 })) items.push(item);
  return items;
}

async function predict(server: TestServer, records: object): Promise<string> {
  const { body } = await fetchJson(`${server.url}/api/v1/endpoints/flight-delay/predict`, { json: records });
  return body.id as string;
}

test("one person of several is erased from everywhere, and nobody else", { timeout: 180_000 }, async () => {
  const server = await startServer({ args: ["--log-segment", "64KiB"] });
  const client = createClient({ url: server.url });
  await deploy(server.url, patientFlights().v1);
  const single = await predict(server, { ...flight, flight_id: person, origin: "ORD" });
  for (let i = 0; i < 30; i++)
    await predict(
      server,
      Array.from({ length: 20 }, (_, row) => ({ ...flight, flight_id: `flight ${i}/${row}`, distance: 500 + row })),
    );
  // Does not parse: the raw body holds the name, and its header makes it findable.
  const broken = await fetch(`${server.url}/endpoints/flight-delay/predict`, {
    method: "POST",
    headers: { "x-slipway-key": person },
    body: `{"flight_id": "${person}", "hour": `,
  });
  expect(broken.status).toBe(400);
  const many = await predict(server, [
    { ...flight, flight_id: "ben" },
    { ...flight, flight_id: person, distance: 761 },
    { ...flight, flight_id: "cho", distance: 762 },
  ]);
  const label = { prediction: `${many}/1`, value: `label of ${person}`, source: "test" };
  await fetchJson(`${server.url}/api/v1/endpoints/flight-delay/labels`, { json: label });
  const before = await listAll(client);
  expect(grep(server.data, person)).not.toEqual([]);

  const where = ["--where", `"key" = '${person}'`];
  const dry = await runCli(["predictions", "erase", "flight-delay", ...where, "--dry-run", "--json"], {
    url: server.url,
  });
  expect(JSON.parse(dry.stdout)).toMatchObject({ dry_run: true, predictions: 3, requests: 3 });
  const unasked = await runCli(["predictions", "erase", "flight-delay", ...where], { url: server.url });
  expect(unasked.code).not.toBe(0);
  expect(unasked.stderr).toContain("pass --yes");
  expect(await listAll(client)).toEqual(before);

  const done = await runCli(["predictions", "erase", "flight-delay", ...where, "--yes", "--json"], { url: server.url });
  expect(done).toMatchObject({ code: 0 });
  const result = JSON.parse(done.stdout);
  expect(result).toMatchObject({
    dry_run: false,
    predictions: 3,
    requests: 3,
    widened: 0,
    labels: 1,
    unreadable_bytes: 0,
  });

  expect(grep(server.data, person)).toEqual([]);
  const gone = (item: object) => JSON.stringify(item).includes(person) || (item as { id: string }).id === single;
  expect(await listAll(client)).toEqual(before.filter((item) => !gone(item)));
  await expect(client.predictions.get(single)).rejects.toMatchObject({
    code: "prediction_not_found",
    message: expect.stringContaining("erased on request"),
    details: { erased: true },
  });
  await expect(client.predictions.get(`${many}/1`)).rejects.toThrow("erased on request");
  expect(await client.predictions.get(many)).toMatchObject({
    erased_rows: [1],
    keys: ["ben", null, "cho"],
    inputs: { distance: [[760], null, [762]] },
  });
  const sql = await runCli(
    [
      "predictions",
      "flight-delay",
      "--sql",
      "select count(*) as n, count(distinct id) as requests from predictions",
      "--json",
    ],
    { url: server.url },
  );
  expect(sql.stdout).toContain("602");
  const audit = await runCli(["audit", "--action", "predictions.erase", "--json"], { url: server.url });
  expect(audit.stdout).toContain(result.erasure);
  expect(audit.stdout).not.toContain(person);

  // What comes later is on record as ever, and the next start finds nothing to do.
  const later = await predict(server, { ...flight, flight_id: "dee" });
  await server.restart();
  expect(await createClient({ url: server.url }).predictions.get(later)).toMatchObject({ key: "dee" });
  expect(grep(server.data, person)).toEqual([]);
});

test("a wrong expression is told at once, and kept nowhere", { timeout: 60_000 }, async () => {
  const server = await startServer();
  await deploy(server.url, patientFlights().v1);
  await predict(server, { ...flight, flight_id: "ben" });
  const path = `${server.url}/api/v1/endpoints/flight-delay/predictions/erase`;
  for (const where of [`name = '${person}'`, `'${person}'`, `"key" = '${person}'; select 1`, `"key" = '${person}`]) {
    const { status, body } = await fetchJson(path, { json: { where } });
    expect({ where, status, code: body.code }).toEqual({ where, status: 400, code: "invalid_query" });
  }
  expect(grep(server.data, person)).toEqual([]);
  const unknown = await fetchJson(`${server.url}/api/v1/endpoints/nothing/predictions/erase`, {
    json: { where: "true" },
  });
  expect(unknown).toMatchObject({ status: 404, body: { code: "endpoint_not_found" } });
});
