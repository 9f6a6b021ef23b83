import { createHmac } from "node:crypto";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { createClient } from "@slipway/sdk";
import { expect, onTestFinished, test, vi } from "vitest";
import { runCli } from "../lib/cli.ts";
import { deploy } from "../lib/deploy.ts";
import { fetchJson } from "../lib/fetch-json.ts";
import { listExpressions } from "../lib/metric-expressions.ts";
import { flight, flights } from "../lib/models.ts";
import { startServer } from "../lib/server.ts";

const secret = "a-secret-of-the-receiver";
const patience = { timeout: 60_000, interval: 250 };

interface Got {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

async function startReceiver() {
  const got: Got[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => void parts.push(part));
    request.on("end", () => {
      got.push({ headers: request.headers, body: Buffer.concat(parts).toString() });
      response.end("thanks");
    });
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  onTestFinished(() => new Promise<void>((done) => void server.close(() => done())));
  return { got, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook` };
}

const isSigned = ({ headers, body }: Got) => {
  const signed = `${String(headers["webhook-id"])}.${String(headers["webhook-timestamp"])}.${body}`;
  return headers["webhook-signature"] === `v1,${createHmac("sha256", secret).update(signed).digest("base64")}`;
};

test("a caller that begins to send another unit is named in an incident, told, dealt with, and found again by a backtest", async () => {
  const server = await startServer({ args: ["--webhook-private", "true"] });
  const receiver = await startReceiver();
  const client = createClient({ url: server.url });
  await client.channels.add({ name: "ops", kind: "webhook", url: receiver.url, secret });
  expect(await client.channels.test("ops")).toMatchObject({ success: true, status: 200 });
  const monitor = { window: "1s", reference: { time: "departed_at", label: "was_late" } };
  await deploy(server.url, flights.v2, { manifest: { monitor } });
  await vi.waitFor(async () => {
    const { items } = await client.operations.list();
    expect(items.map(({ kind, state }) => `${kind} ${state}`)).toContainEqual(
      expect.stringMatching(/^monitor.reference succeeded/),
    );
  }, patience);

  // The same version, the same answers of 200: only origin_late_3h is a percentage now.
  const send = async (scale: number) => {
    const instances = Array.from({ length: 200 }, (_, i) => ({
      ...flight,
      hour: 6 + (i % 16),
      origin_late_3h: scale * ((i % 20) / 40 + 0.01),
    }));
    const answer = await fetchJson(`${server.url}/api/v1/endpoints/flight-delay/predict`, { json: instances });
    expect(answer.status).toBe(200);
  };
  const incident = await vi.waitFor(async () => {
    await send(100);
    const [found] = (await client.incidents.list({ endpoint: "flight-delay", severity: "critical" })).items;
    expect(found).toBeDefined();
    return found!;
  }, patience);
  expect(incident).toMatchObject({ state: "open", version: 1 });
  expect(incident.evidence[0]).toMatchObject({ column: "origin_late_3h", standing: "cause", severity: "critical" });
  expect(incident.title).toContain("origin_late_3h");

  const told = await vi.waitFor(() => {
    const found = receiver.got.find(({ body }) => body.includes("dev.slipway.incident.opened"));
    expect(found).toBeDefined();
    return found!;
  }, patience);
  expect(isSigned(told)).toBe(true);
  expect(JSON.parse(told.body)).toMatchObject({
    specversion: "1.0",
    subject: "flight-delay@1",
    data: { id: incident.id, severity: "critical", next: expect.stringMatching(/^slipway predictions flight-delay/) },
  });

  // Figures are those of the last window, which has to have traffic.
  const version = 'endpoint="flight-delay",version="1"';
  const metrics = await vi.waitFor(async () => {
    await send(100);
    const { body } = await fetchJson<string>(`${server.url}/metrics`);
    expect(body).toContain(`slipway_incident_open{${version},state="open",severity="critical"} 1\n`);
    expect(body).toMatch(/slipway_monitor_failing\{.*monitor="quality.range",slice="",column="origin_late_3h".*\} 1\n/);
    return body;
  }, patience);

  expectMetrics(metrics);

  // What it says to run next runs.
  const [, ...words] = parseCommand(incident.next);
  const next = await runCli([...words], { url: server.url });
  expect(next.code, next.stderr).toBe(0);
  expect(next.stdout).toMatch(/^ORIGIN_LATE_3H +ROWS/);
  const shown = await runCli(["incidents", "show", incident.id], { url: server.url });
  expect(shown.stdout).toMatch(/origin_late_3h[\s\S]*opened[\s\S]*Next: slipway/);

  const acknowledged = await runCli(["incidents", "ack", incident.id, "-m", "on it"], { url: server.url });
  expect(acknowledged.stdout).toBe(`${incident.id} is acknowledged.\n`);
  const resolved = await client.incidents.resolve(incident.id);
  expect(resolved).toMatchObject({ state: "resolved", resolution: "person" });
  await vi.waitFor(
    () => expect(receiver.got.map(({ body }) => JSON.parse(body).type)).toContain("dev.slipway.incident.resolved"),
    patience,
  );

  const tried = await runCli(["monitor", "backtest", "flight-delay", "--days", "1", "--json"], { url: server.url });
  expect(tried.code, tried.stderr).toBe(0);
  const result = JSON.parse(tried.stdout);
  expect(result.incidents).toMatchObject([{ severity: "critical", title: expect.stringContaining("origin_late_3h") }]);
  expect(result.rules.find(({ monitor: name }: { monitor: string }) => name === "quality.range")).toMatchObject({
    fired: 1,
    columns: [{ column: "origin_late_3h" }],
  });
}, 120_000);

/** The words of a command as a shell reads them. */
function parseCommand(text: string): string[] {
  return [...text.matchAll(/'((?:[^']|'\\'')*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? "");
}

/** Every metric and label that the alert rules and the dashboard name is there. */
function expectMetrics(text: string): void {
  const families = [...text.matchAll(/^# TYPE (\S+) /gm)].map(([, name]) => name!);
  const labels = [...text.matchAll(/([a-z_]+)="/g)].map(([, name]) => name!);
  const expressions = listExpressions();
  expect(expressions.length).toBeGreaterThan(20);
  for (const [title, expr] of expressions) {
    const names = [...expr.matchAll(/\b((?:slipway|process|nodejs)_\w+)/g)].map(([, name]) => name!);
    const grouped = [...expr.matchAll(/by \(([^)]*)\)/g)].flatMap(([, list]) => list!.split(/,\s*/));
    expect(names.length, title).toBeGreaterThan(0);
    for (const name of names) expect(families, title).toContain(name.replace(/_bucket$/, ""));
    for (const label of grouped) expect(labels, title).toContain(label);
  }
}
