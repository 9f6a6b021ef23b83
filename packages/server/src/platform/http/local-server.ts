import { createServer } from "node:http";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Http } from "./create-http.ts";

export interface LocalServer {
  close(): Promise<void>;
}

/** The system allows about so many bytes for the path of a socket. */
const longestPath = 100;

export interface SocketPlace {
  readonly path: string;
  remove(): void;
}

/** Where a Unix socket of this name may lie: in the folder, or where that is too deep, in a new one that only this user can enter. */
export function placeSocket(folder: string, name: string): SocketPlace {
  const path = join(folder, name);
  if (Buffer.byteLength(path) <= longestPath) return { path, remove: () => rmSync(path, { force: true }) };
  const made = mkdtempSync(join(tmpdir(), "slipway-"));
  return { path: join(made, name), remove: () => rmSync(made, { recursive: true, force: true }) };
}

/**
 * Lets other processes of this server send requests through a Unix socket; `http` answers them as its own. Whoever sends them
 * has bounded the time of the request already.
 */
export async function serveLocally(http: Http, { path, remove }: SocketPlace): Promise<LocalServer> {
  await http.ready();
  const server = createServer({ requestTimeout: 0, headersTimeout: 0, keepAliveTimeout: 0 }, (request, response) =>
    http.routing(request, response),
  );
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen({ path }, resolve);
  });
  return {
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
      remove();
    },
  };
}
