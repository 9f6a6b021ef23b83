import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test, vi } from "vitest";
import { systemClock, type Clock } from "../../kernel/clock.ts";
import { silentLogger } from "../../kernel/logger.ts";
import { migrate } from "../sql/index.ts";
import { describeStores } from "../sql/testing/describe-stores.ts";
import { createOutbox, outboxMigrations, type FindAddress } from "./index.ts";

interface Got {
  readonly path: string;
  readonly body: string;
  readonly id: string;
}

const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await new Promise((done) => server.close(done));
});

/** A receiver that answers with the next of these statuses, then 200. */
async function startReceiver(statuses: number[] = []) {
  const got: Got[] = [];
  const server = createServer((request, response) => {
    void read(request).then((body) => {
      got.push({ path: request.url ?? "", body, id: String(request.headers["x-id"]) });
      const status = statuses.shift() ?? 200;
      response.writeHead(status, status === 302 ? { location: "/elsewhere" } : {}).end("taken");
    });
  });
  servers.push(server);
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const find: FindAddress = (delivery) =>
    Promise.resolve({ url: new URL(`${url}/${delivery.destination}`), headers: { "x-id": delivery.id } });
  return { got, url, find };
}

async function read(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
  return Buffer.concat(parts).toString();
}

/** Time that passes when it is waited for. */
function createFastClock(): Clock & { readonly waits: number[] } {
  let now = 1_000_000;
  const waits: number[] = [];
  return {
    ...systemClock,
    waits,
    now: () => now,
    after(ms, task) {
      if (ms === 30_000) return systemClock.after(ms, task);
      waits.push(ms);
      return systemClock.after(0, () => {
        now += ms;
        task();
      });
    },
  };
}

describeStores("the outbox", (open) => {
  async function openOutbox(clock: Clock = createFastClock(), allowPrivate = true) {
    const sql = await open();
    await migrate(sql, outboxMigrations);
    const outbox = createOutbox({ sql, clock, logger: silentLogger, allowPrivate });
    const add = async (destination: string, ...bodies: string[]) => {
      for (const body of bodies) await sql.tx((trx) => outbox.add(trx, { destination, body }));
      outbox.wake();
    };
    return { sql, outbox, add };
  }
  const settled = async (outbox: { state(to: string): Promise<{ pending: number }> }, to: string) =>
    vi.waitFor(async () => expect((await outbox.state(to)).pending).toBe(0), { timeout: 10_000 });

  test("delivers in the order of the changes, one destination beside the other", async () => {
    const { got, find } = await startReceiver();
    const { outbox, add } = await openOutbox();
    outbox.serve("", find);
    await outbox.start();
    await add("a", "1", "2", "3");
    await add("b", "x");
    await settled(outbox, "a");
    await settled(outbox, "b");
    expect(got.filter(({ path }) => path === "/a").map(({ body }) => body)).toEqual(["1", "2", "3"]);
    expect(got.filter(({ path }) => path === "/b").map(({ body }) => body)).toEqual(["x"]);
    await outbox.stop();
  });

  test("tries again with growing pauses and the same id, and what is behind it waits", async () => {
    const { got, find } = await startReceiver([503, 429, 500]);
    const clock = createFastClock();
    const { outbox, add } = await openOutbox(clock);
    outbox.serve("", find);
    await outbox.start();
    await add("a", "1", "2");
    await settled(outbox, "a");
    expect(got.map(({ body }) => body)).toEqual(["1", "1", "1", "1", "2"]);
    expect(new Set(got.slice(0, 4).map(({ id }) => id)).size).toBe(1);
    expect(clock.waits).toEqual([1_000, 2_000, 4_000]);
    await outbox.stop();
  });

  test("gives up what is refused for good, and after a day; the rest goes on", async () => {
    const { got, find } = await startReceiver([400, 302, ...Array<number>(40).fill(503)]);
    const { outbox, add } = await openOutbox();
    outbox.serve("", find);
    await outbox.start();
    await add("a", "bad", "moved", "never", "good");
    await settled(outbox, "a");
    expect(got.filter(({ body }) => body === "bad").length).toBe(1);
    expect(got.filter(({ body }) => body === "moved").length).toBe(1);
    expect(got.filter(({ body }) => body === "never").length).toBeGreaterThan(20);
    expect(await outbox.state("a")).toMatchObject({ pending: 0, failed: 3, lastError: "It answered 503." });
    await outbox.stop();
  });

  test("what nobody serves yet waits; what somebody carries himself is his, and a body made for the attempt is what is sent", async () => {
    const { got, url } = await startReceiver();
    const { outbox, add } = await openOutbox();
    await outbox.start();
    await add("mail:1", "letter");
    await add("hook:1", "with a placeholder");
    outbox.serve("hook:", () => Promise.resolve({ url: new URL(`${url}/hook`), headers: {}, body: "with the key" }));
    await settled(outbox, "hook:1");
    expect(got.map(({ body }) => body)).toEqual(["with the key"]);
    expect(await outbox.state("mail:1")).toEqual({ pending: 1, failed: 0, lastError: null });
    const carried: string[] = [];
    outbox.serve("mail:", ({ body }) =>
      Promise.resolve({
        carry: () => {
          carried.push(body);
          return Promise.resolve({ status: carried.length === 1 ? 503 : 200, body: "", retryAfter: null });
        },
      }),
    );
    await settled(outbox, "mail:1");
    expect(carried).toEqual(["letter", "letter"]);
    await outbox.stop();
  });

  test("what a transaction rolled back is not sent, what another process left is", async () => {
    const { got, find } = await startReceiver();
    const { sql, outbox, add } = await openOutbox();
    await expect(
      sql.tx(async (trx) => {
        await outbox.add(trx, { destination: "a", body: "never was" });
        throw new Error("no");
      }),
    ).rejects.toThrow("no");
    // Never started: the process ended before.
    await add("a", "left over");
    const next = createOutbox({ sql, clock: systemClock, logger: silentLogger, allowPrivate: true });
    next.serve("", find);
    await next.start();
    await settled(next, "a");
    expect(got.map(({ body }) => body)).toEqual(["left over"]);
    await next.stop();
  });

  test("a start tries at once what is left, however long it was to wait", async () => {
    const { got, find } = await startReceiver([503]);
    const ahead = { ...systemClock, now: () => Date.now() + 3_600_000, after: () => () => {} };
    const { sql, outbox, add } = await openOutbox(ahead);
    outbox.serve("", find);
    await outbox.start();
    await add("a", "1");
    await vi.waitFor(async () => expect((await outbox.state("a")).lastError).toBe("It answered 503."), {
      timeout: 10_000,
    });
    await outbox.stop();
    const next = createOutbox({ sql, clock: systemClock, logger: silentLogger, allowPrivate: true });
    next.serve("", find);
    await next.start();
    await settled(next, "a");
    expect(got.length).toBe(2);
    await next.stop();
  });

  test("a stop breaks off what is under way and keeps it", async () => {
    const hanging = createServer(() => {});
    servers.push(hanging);
    await new Promise<void>((done) => hanging.listen(0, "127.0.0.1", done));
    const { port } = hanging.address() as AddressInfo;
    const { outbox, add } = await openOutbox();
    const asked = new Promise((done) => hanging.once("request", done));
    outbox.serve("", () => Promise.resolve({ url: new URL(`http://127.0.0.1:${port}`), headers: {} }));
    await outbox.start();
    await add("a", "1");
    await asked;
    await outbox.stop();
    expect(await outbox.state("a")).toEqual({ pending: 1, failed: 0, lastError: null });
  });

  test("calls no private address unless it may, whatever its name", async () => {
    const { got, url, find } = await startReceiver();
    const { outbox, add } = await openOutbox(createFastClock(), false);
    outbox.serve("", find);
    await outbox.start();
    await add("a", "1");
    await settled(outbox, "a");
    const { port } = new URL(url);
    for (const host of ["127.0.0.1", "localhost", "127.1", "[::1]", "[::ffff:127.0.0.1]", "169.254.169.254"])
      await expect(outbox.send({ url: new URL(`http://${host}:${port}/`), headers: {} }, "x"), host).rejects.toThrow(
        /not a public address/,
      );
    expect(await outbox.state("a")).toMatchObject({
      failed: 1,
      lastError: expect.stringContaining("127.0.0.1 is not"),
    });
    expect(got).toEqual([]);
    await outbox.stop();
  });
});
