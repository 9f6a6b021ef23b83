import { createServer, type Socket } from "node:net";
import { PGlite } from "@electric-sql/pglite";

/** PostgreSQL's own code behind its own protocol, for clients that only know an address. */
export interface PgliteServer {
  /** `postgres://…` */
  readonly url: string;
  exec(sql: string): Promise<void>;
  close(): Promise<void>;
}

/** Takes one client at a time, as PGlite has one session. The password is asked for and must be `secret`. */
export async function startPglite(): Promise<PgliteServer> {
  const database = await PGlite.create();
  const server = createServer((socket) => serve(database, socket));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `postgres://slipway:secret@127.0.0.1:${port}/postgres`,
    exec: async (sql) => void (await database.exec(sql)),
    async close() {
      await new Promise((resolve) => server.close(resolve));
      await database.close();
    },
  };
}

const message = (type: string, body: Buffer) => {
  const head = Buffer.alloc(5);
  head.write(type);
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
};
const int = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
};
const ready = message("Z", Buffer.from("I"));

function serve(database: PGlite, socket: Socket): void {
  let waiting = Buffer.alloc(0);
  let state: "start" | "password" | "session" = "start";
  let work = Promise.resolve();
  socket.on("error", () => undefined);
  socket.on("data", (data: Buffer) => {
    waiting = Buffer.concat([waiting, data]);
    for (;;) {
      const typed = state === "start" ? 0 : 1;
      if (waiting.length < typed + 4) return;
      const length = typed + waiting.readInt32BE(typed);
      if (waiting.length < length) return;
      const whole = waiting.subarray(0, length);
      waiting = waiting.subarray(length);
      if (state === "start") {
        socket.write(message("R", int(3)));
        state = "password";
      } else if (state === "password") {
        if (whole.toString("utf8", 5, length - 1) !== "secret")
          return void socket.end(message("E", Buffer.from("SFATAL\0C28P01\0Mpassword authentication failed\0\0")));
        socket.write(Buffer.concat([message("R", int(0)), ready]));
        state = "session";
      } else if (whole[0] === 0x58) {
        // A session that ends takes its transaction with it; here the next client gets the same session.
        work = work.then(async () => void (await database.exec("rollback"))).then(() => void socket.end());
      } else work = work.then(async () => void socket.write(await database.execProtocolRaw(new Uint8Array(whole))));
    }
  });
}
