import { once } from "node:events";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { createHttpClient, NoAnswer } from "./http-client.ts";

const ok = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

/** `behaviour` gets what a connection said, and its number. */
async function listen(behaviour: (socket: Socket, connection: number, request: number) => void) {
  let connections = 0;
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    const connection = ++connections;
    let requests = 0;
    sockets.push(socket);
    socket.on("error", () => {});
    socket.on("data", () => behaviour(socket, connection, ++requests));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const client = createHttpClient(`http://127.0.0.1:${(server.address() as AddressInfo).port}/below`);
  const stop = () => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  onTestFinished(() => (client.close(), stop()));
  const ask = () => client.ask({ path: "x", body: Buffer.from("{}"), signal: new AbortController().signal });
  return { ask, stop };
}

test("a connection that the server closed while it was idle is no failure", async () => {
  const { ask } = await listen((socket, connection, request) => {
    if (connection === 1 && request === 2) socket.resetAndDestroy();
    else socket.write(ok);
  });
  expect((await ask()).body.toString()).toBe("ok");
  expect((await ask()).body.toString()).toBe("ok");
});

test("a server that ended of a question is not told from one that never read it", async () => {
  const { ask, stop } = await listen((socket, _connection, request) => {
    if (request === 1) return void socket.write(ok);
    stop();
    socket.resetAndDestroy();
  });
  await ask();
  const error = await ask().catch((reason: unknown) => reason);
  expect(error).toMatchObject({ refused: false });
  await expect(ask()).rejects.toBeInstanceOf(NoAnswer);
  await expect(ask()).rejects.toMatchObject({ refused: true });
});
