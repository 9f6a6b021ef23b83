import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { createClient, ConnectionError, ServerError, SlipwayError } from "./index.ts";

type Handler = (request: IncomingMessage, response: ServerResponse, body: string) => void;
const open: { close(): void }[] = [];

afterEach(() => {
  for (const server of open.splice(0)) server.close();
});

/** A server that keeps what it was asked and answers as it is told. */
async function start(handler: Handler) {
  const asked: { method: string; url: string; headers: IncomingMessage["headers"]; body: string }[] = [];
  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on("data", (piece: Buffer) => pieces.push(piece));
    request.on("end", () => {
      const body = Buffer.concat(pieces).toString();
      const { method = "", url = "", headers } = request;
      asked.push({ method, url, headers, body });
      handler(request, response, body);
    });
    request.on("error", () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  open.push({ close: () => (server.closeAllConnections(), server.close()) });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { asked, url };
}

function json(response: ServerResponse, value: unknown, status = 200, headers = {}): void {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify(value));
}

function problem(response: ServerResponse, status: number, code: string, headers = {}): void {
  const type = `https://slipway.dev/errors/${code}`;
  const body = { type, title: code, status, detail: `about ${code}`, code, retryable: true };
  json(response, { ...body, instance: "0193", details: { a: 1 } }, status, headers);
}

describe("errors", () => {
  test("a problem becomes a ServerError with code, message, details, status and instance", async () => {
    const { url } = await start((_request, response) => problem(response, 404, "model_not_found"));
    const error = await createClient({ url })
      .models.get("x")
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ServerError);
    expect(SlipwayError.is(error)).toBe(true);
    expect(error).toMatchObject({
      code: "model_not_found",
      kind: "not_found",
      message: "about model_not_found",
      details: { a: 1 },
      status: 404,
      instance: "0193",
    });
  });

  test("a code that this side does not know becomes the nearest of its status", async () => {
    const { url } = await start((_request, response) => problem(response, 409, "brand_new"));
    const error = await createClient({ url })
      .models.get("x")
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "conflict", serverCode: "brand_new", kind: "conflict" });
  });

  test("a proxy's page is told with its beginning", async () => {
    const { url } = await start((_request, response) => {
      response.writeHead(502, { "content-type": "text/html" });
      response.end("<h1>Bad\n gateway</h1>");
    });
    const error = await createClient({ url })
      .models.get("x")
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "internal", status: 502 });
    expect((error as Error).message).toContain("<h1>Bad gateway</h1>");
  });

  test("nothing listening: ConnectionError names the address and slipway up", async () => {
    const { url } = await start(() => undefined);
    for (const server of open.splice(0)) server.close();
    const error = await createClient({ url })
      .server.status()
      .catch((thrown: unknown) => thrown);
    expect(ConnectionError.is(error)).toBe(true);
    expect((error as Error).message).toContain(url);
    expect((error as Error).message).toContain("slipway up");
  });

  test("no answer in time is deadline_exceeded; an abort throws its own reason", async () => {
    const { url } = await start(() => undefined);
    const client = createClient({ url, timeoutMs: 50 });
    await expect(client.server.status()).rejects.toMatchObject({ code: "deadline_exceeded" });
    const stop = new AbortController();
    setTimeout(() => stop.abort(new Error("enough")), 20);
    const slow = createClient({ url }).server.status({ signal: stop.signal });
    await expect(slow).rejects.toThrow("enough");
  });

  test("a wrong token is refused without being shown", () => {
    expect(() => createClient({ token: "secret\nvalue" })).toThrow(/token/);
    expect(() => createClient({ token: "secret\nvalue" })).not.toThrow(/secret/);
    expect(() => createClient({ url: "localhost:8080" })).toThrow(/address/);
  });
});

describe("retries", () => {
  test("a GET is repeated twice after a reset, then gives up", async () => {
    const { asked, url } = await start((request) => request.socket.resetAndDestroy());
    const error = await createClient({ url })
      .models.list()
      .catch((thrown: unknown) => thrown);
    expect(ConnectionError.is(error)).toBe(true);
    expect(asked).toHaveLength(3);
  });

  test("a 503 with Retry-After is waited for; without it is not", async () => {
    let failures = 1;
    const one = await start((_request, response) => {
      if (failures-- > 0) problem(response, 503, "overloaded", { "retry-after": "0" });
      else json(response, { items: [], next: null });
    });
    await expect(createClient({ url: one.url }).models.list()).resolves.toMatchObject({ items: [] });
    const two = await start((_request, response) => problem(response, 503, "overloaded"));
    await expect(createClient({ url: two.url }).models.list()).rejects.toThrow("overloaded");
    expect(two.asked).toHaveLength(1);
  });

  test("a prediction is never repeated", async () => {
    const { asked, url } = await start((request) => request.socket.resetAndDestroy());
    await expect(createClient({ url }).endpoint("x").predict({ a: 1 })).rejects.toThrow(url);
    expect(asked).toHaveLength(1);
  });
});

describe("calls", () => {
  test("base path, token, trace and page cursors go where they belong", async () => {
    const { asked, url } = await start((request, response) =>
      json(
        response,
        request.url?.includes("cursor=c1") === true
          ? { items: [{ name: "b" }], next: null }
          : { items: [{ name: "a" }], next: "c1" },
      ),
    );
    const client = createClient({ url: `${url}/base/`, token: "t0" });
    const names: string[] = [];
    for await (const model of client.models.all({ limit: 1, traceparent: "00-a-b-01" })) names.push(model.name);
    expect(names).toEqual(["a", "b"]);
    expect(asked.map((item) => item.url)).toEqual([
      "/base/api/v1/models?limit=1",
      "/base/api/v1/models?limit=1&cursor=c1",
    ]);
    expect(asked[1]?.headers).toMatchObject({ authorization: "Bearer t0", traceparent: "00-a-b-01" });
  });

  test("predict: key, deadline, pin and 64-bit integers", async () => {
    const { asked, url } = await start((_request, response) =>
      json(response, { id: "i", endpoint: "f", model: "f", version: 2, prediction: { late: 1 } }, 200, {
        "x-slipway-logged": "false",
      }),
    );
    interface Flights {
      "flight-delay": { input: { n: bigint }; prediction: { late: number } };
    }
    const endpoint = createClient<Flights>({ url }).endpoint("flight-delay", { pin: 2 });
    const answer = await endpoint.predict({ n: 9007199254740993n }, { key: "k 1", timeoutMs: 200 });
    const late: number = answer.prediction.late;
    expect(late).toBe(1);
    expect(answer.logged).toBe(false);
    expect(asked[0]?.url).toBe("/api/v1/endpoints/flight-delay@2/predict");
    expect(asked[0]?.body).toBe('{"n":"9007199254740993"}');
    expect(asked[0]?.headers).toMatchObject({
      "x-slipway-key": "k 1",
      "x-slipway-timeout-ms": "200",
    });
    await expect(endpoint.predict({ n: 1n }, { key: "ключ" })).rejects.toMatchObject({
      code: "invalid_request",
    });
  });

  test("a bigint that fits is a number, NaN is null, an infinity is refused", async () => {
    const { asked, url } = await start((_request, response) => json(response, {}));
    const endpoint = createClient({ url }).endpoint("f");
    await endpoint.predict({ n: -5n, f: Number.NaN });
    expect(asked[0]?.body).toBe('{"n":-5,"f":null}');
    await expect(endpoint.predict({ f: -Infinity })).rejects.toMatchObject({ code: "invalid_input" });
    expect(asked).toHaveLength(1);
  });

  test("204 answers are undefined; every write names a content type", async () => {
    const { asked, url } = await start((_request, response) => response.writeHead(204).end());
    await expect(createClient({ url }).endpoints.remove("x")).resolves.toBeUndefined();
    expect(asked[0]?.headers["content-type"]).toBe("application/json");
  });
});

describe("blobs", () => {
  test("ensure sends nothing where the blob is there", async () => {
    const { asked, url } = await start((_request, response) => response.writeHead(200).end());
    const sent = await createClient({ url }).blobs.ensure("ab", () => new Blob([]), { size: 3 });
    expect(sent).toBe(false);
    expect(asked.map((item) => item.method)).toEqual(["HEAD"]);
  });

  test("ensure goes on where a broken upload stopped, and counts the bytes", async () => {
    let kept = "";
    let cuts = 1;
    const { asked, url } = await start((request, response, body) => {
      if (request.method === "HEAD")
        return void response.writeHead(404, { "upload-offset": String(kept.length) }).end();
      if (cuts-- > 0) {
        kept = body.slice(0, 4);
        return void request.socket.resetAndDestroy();
      }
      kept += body;
      json(response, { sha256: "ab", size: kept.length, complete: true }, 201);
    });
    const seen: number[] = [];
    const sent = await createClient({ url }).blobs.ensure(
      "ab",
      (offset) => new Blob(["abcdefghij".slice(offset)]).stream(),
      { size: 10, onProgress: (bytes) => seen.push(bytes) },
    );
    expect(sent).toBe(true);
    expect(kept).toBe("abcdefghij");
    expect(asked.at(-1)?.headers).toMatchObject({ "upload-offset": "4", "upload-length": "10" });
    expect(seen.at(-1)).toBe(10);
  });
});
