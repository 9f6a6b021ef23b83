import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import type { Operation } from "@slipway/contract";
import { createClient } from "./client.ts";

const open: { close(): void }[] = [];
afterEach(() => {
  for (const server of open.splice(0)) server.close();
});

type Answer = (response: ServerResponse, url: string) => void;

async function start(answer: Answer) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? "");
    answer(response, request.url ?? "");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  open.push({ close: () => (server.closeAllConnections(), server.close()) });
  const { port } = server.address() as AddressInfo;
  return { asked, client: createClient({ url: `http://127.0.0.1:${port}` }) };
}

function operation(state: Operation["state"], fraction: number): Operation {
  const at = "2026-11-22T10:15:30.123Z";
  const times = { created_at: at, updated_at: at, finished_at: null };
  const text = { kind: "deploy", subject: "x", stage: "probe", message: "" };
  return { id: "o", ...text, state, fraction, result: null, error: null, log: [], ...times };
}

const send = (response: ServerResponse, value: Operation): boolean =>
  response.write(`data: ${JSON.stringify(value)}\n\n`);

async function fractions(watched: AsyncGenerator<Operation>): Promise<(number | null)[]> {
  const seen = [];
  for await (const item of watched) seen.push(item.fraction);
  return seen;
}

test("a stream that breaks is taken up again, and nothing is told twice", async () => {
  let streams = 0;
  const { asked, client } = await start((response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    send(response, operation("running", 0.5));
    if (streams++ === 0) setTimeout(() => response.destroy(), 20);
    else {
      send(response, operation("succeeded", 1));
      response.end();
    }
  });
  expect(await fractions(client.operations.watch("o"))).toEqual([0.5, 1]);
  expect(asked).toHaveLength(2);
});

test("without events it polls", async () => {
  const states = [operation("running", 0.1), operation("running", 0.1), operation("succeeded", 1)];
  const { client } = await start((response, url) => {
    const found = url.endsWith("/events") ? undefined : states.shift();
    response.writeHead(found === undefined ? 406 : 200, { "content-type": "application/json" });
    response.end(JSON.stringify(found ?? {}));
  });
  expect(await fractions(client.operations.watch("o"))).toEqual([0.1, 1]);
});

test("wait throws the operation's own error", async () => {
  const error = { code: "invalid_model", message: "No such op.", details: { node: "n" } };
  const { client } = await start((response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    send(response, { ...operation("failed", 1), error });
    response.end();
  });
  await expect(client.operations.wait("o")).rejects.toMatchObject({
    code: "invalid_model",
    message: "No such op.",
    details: { node: "n", operation: "o" },
  });
});

test("an operation that is not there is an error at once", async () => {
  const { asked, client } = await start((response) => {
    response.writeHead(404, { "content-type": "application/problem+json" });
    response.end(JSON.stringify({ code: "operation_not_found", detail: "None." }));
  });
  await expect(client.operations.wait("o")).rejects.toMatchObject({ code: "operation_not_found" });
  expect(asked).toHaveLength(2);
});
