import { createHmac } from "node:crypto";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { execFileSync } from "node:child_process";
import { expect, onTestFinished, test, vi } from "vitest";
import { deploy } from "../lib/deploy.ts";
import { fetchJson, type AnyJson, type JsonRequest } from "../lib/fetch-json.ts";
import { flights } from "../lib/models.ts";
import { startServer } from "../lib/server.ts";

const secret = "a-secret-of-the-receiver";

interface Got {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Whoever a webhook tells; it can be taken away and brought back at the same port. */
async function startReceiver() {
  const got: Got[] = [];
  const statuses: number[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => void parts.push(part));
    request.on("end", () => {
      got.push({ headers: request.headers, body: Buffer.concat(parts).toString() });
      response.writeHead(statuses.shift() ?? 200).end("thanks");
    });
  });
  const listen = (port: number) => new Promise<void>((done) => server.listen(port, "127.0.0.1", done));
  await listen(0);
  const { port } = server.address() as AddressInfo;
  const close = () => new Promise<void>((done) => void server.close(() => done()));
  onTestFinished(close);
  return { got, statuses, url: `http://127.0.0.1:${port}/hook`, close, open: () => listen(port) };
}

const isSigned = ({ headers, body }: Got, key = secret) => {
  const signed = `${String(headers["x-mlflow-delivery-id"])}.${String(headers["x-mlflow-timestamp"])}.${body}`;
  const signature = createHmac("sha256", key).update(signed).digest("base64");
  return headers["x-mlflow-signature"] === `v1,${signature}`;
};

test("a change of an alias is told, signed, also where the server was killed before anybody took it", async () => {
  const server = await startServer({ args: ["--webhook-private", "true"] });
  const receiver = await startReceiver();
  const ask = (path: string, request: JsonRequest = {}) => fetchJson(`${server.url}${path}`, request);
  const hooks = "/api/2.0/mlflow/webhooks";
  const events = [
    { entity: "MODEL_VERSION", action: "CREATED" },
    { entity: "MODEL_VERSION_ALIAS", action: "CREATED" },
    { entity: "MODEL_VERSION_ALIAS", action: "DELETED" },
  ];
  const made = await ask(hooks, { json: { name: "ci", url: receiver.url, events, secret } });
  expect(made.body.webhook).toMatchObject({ name: "ci", status: "ACTIVE", events, pending_deliveries: 0 });
  const path = `${hooks}/${String(made.body.webhook.webhook_id)}`;

  const tried = await ask(`${path}/test`, { json: {} });
  expect(tried.body.result).toEqual({ success: true, response_status: 200, response_body: "thanks" });
  expect(JSON.parse(receiver.got[0]!.body)).toMatchObject({
    entity: "model_version",
    action: "created",
    data: { name: "example_model", version: "1" },
  });
  receiver.statuses.push(500);
  const failed = await ask(`${path}/test`, { json: { event: events[1] } });
  expect(failed.body.result).toMatchObject({ success: false, response_status: 500 });

  await deploy(server.url, flights.v1);
  const settled = () =>
    vi.waitFor(async () => expect((await ask(path)).body.webhook.pending_deliveries).toBe(0), { timeout: 30_000 });
  await settled();
  expect(JSON.parse(receiver.got[2]!.body)).toMatchObject({
    entity: "model_version",
    action: "created",
    timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*\+00:00$/),
    data: { name: "flight-delay", version: "1", tags: {} },
  });

  // Nobody is there; the server is killed with what waits.
  await receiver.close();
  const before = receiver.got.length;
  await ask("/api/v1/models/flight-delay/aliases/blue", { method: "PUT", json: { version: 1 } });
  await ask("/api/v1/models/flight-delay/aliases/blue", { method: "DELETE", json: {} });
  await vi.waitFor(async () => expect((await ask(path)).body.webhook.last_delivery_error).toMatch(/ECONNREFUSED/), {
    timeout: 30_000,
  });
  await server.kill9();
  receiver.statuses.push(503);
  await receiver.open();
  await server.restart();
  const told = () => receiver.got.slice(before).filter(({ body }) => body.includes("blue"));
  await settled();
  expect(told().map(({ body }) => JSON.parse(body).action)).toEqual(["created", "created", "deleted"]);
  // The first one was answered with 503: the same delivery came again.
  const ids = told().map(({ headers }) => headers["x-mlflow-delivery-id"]);
  expect(ids[0]).toBe(ids[1]);
  expect(ids[2]).not.toBe(ids[0]);
  expect(receiver.got.every((each) => isSigned(each))).toBe(true);
  expect(isSigned(receiver.got[0]!, "another")).toBe(false);

  // The secret is nowhere: not in an answer, not in the database or the log.
  const shown = JSON.stringify([made.body, (await ask(path)).body, (await ask(hooks)).body]);
  expect(shown).not.toContain(secret);
  expect(() => execFileSync("grep", ["-r", "--quiet", "--fixed-strings", secret, server.data])).toThrow();
  const audit = await ask("/api/v1/audit?action=alias");
  expect(audit.body.items.map((each: AnyJson) => [each.action, each.subject, each.details])).toEqual(
    expect.arrayContaining([
      ["alias.delete", "flight-delay@blue", { from: 1, to: null }],
      ["alias.set", "flight-delay@blue", { from: null, to: 1 }],
    ]),
  );
  await ask(path, { method: "DELETE", json: {} });
  expect((await ask(path)).body).toMatchObject({ error_code: "RESOURCE_DOES_NOT_EXIST" });
}, 120_000);

test("without being allowed to, it calls no address of its own network, and none without TLS", async () => {
  const server = await startServer();
  const create = (url: string) =>
    fetchJson(`${server.url}/api/2.0/mlflow/webhooks`, {
      json: { name: "ci", url, events: [{ entity: "MODEL_VERSION", action: "CREATED" }] },
    });
  for (const url of ["https://127.0.0.1/", "https://169.254.169.254/", "https://localhost/", "https://[::1]/"]) {
    const { status, body } = await create(url);
    expect([url, status, body.error_code]).toEqual([url, 400, "INVALID_PARAMETER_VALUE"]);
    expect(body.message).toMatch(/not a public address.*webhook_private/);
  }
  expect((await create("http://93.184.215.14/")).body.message).toMatch(/Allowed schemes are: https\./);
});
