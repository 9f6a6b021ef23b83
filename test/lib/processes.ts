import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect } from "vitest";
import { fetchJson, type AnyJson } from "./fetch-json.ts";
import { openConnection, type OneConnection } from "./one-connection.ts";
import type { TestServer } from "./server.ts";

/** A connection and who is at its other end. */
export interface Place {
  readonly connection: OneConnection;
  /** Of the process. */
  readonly instance: string;
}

export type Token = Readonly<Record<string, string>>;

/** The processes of a server that share its port, for tests of each of them; its endpoint `sign` takes X = [n, 0, 0, 0]. */
export interface Processes {
  /** A new connection, to whichever it falls to. */
  reach(token?: Token): Promise<Place>;
  /** A connection to the main process, and one to another one. */
  reachAll(token?: Token): Promise<{ readonly main: Place; readonly worker: Place }>;
  /** What the server has said. */
  readLog(): AnyJson[];
  /** The worker that said last that it is ready. */
  newestWorker(): { readonly pid: number; readonly instance: string };
}

export const signPath = "/api/v1/endpoints/sign/predict";
export const toRow = (n: number): readonly number[] => [n, 0, 0, 0];

/** At the top of a file; of a server that one test has, `toProcesses` with what closes its connections. */
export function useProcesses(server: TestServer): Processes {
  return toProcesses(server, afterAll);
}

export function toProcesses(server: TestServer, atEnd: (close: () => void) => void): Processes {
  const opened: OneConnection[] = [];
  atEnd(() => {
    for (const connection of opened) connection.close();
  });

  async function reach(headers: Token = {}): Promise<Place> {
    const connection = openConnection(server.url);
    opened.push(connection);
    const { status, body } = await connection.ask(signPath, { json: { X: toRow(1) }, headers });
    expect(status, JSON.stringify(body)).toBe(200);
    const found = await connection.ask(`/api/v1/predictions/${body.id}`, { headers });
    expect(found.body.id).toBe(body.id);
    return { connection, instance: found.body.instance };
  }

  async function reachAll(headers: Token = {}) {
    const { body } = await fetchJson(`${server.url}/api/v1/server`, { headers });
    let [main, worker]: [Place | null, Place | null] = [null, null];
    while (main === null || worker === null) {
      const place = await reach(headers);
      if (place.instance === body.instance && main === null) main = place;
      else if (place.instance !== body.instance && worker === null) worker = place;
      else place.connection.close();
    }
    return { main, worker };
  }

  function readLog(): AnyJson[] {
    const lines = readFileSync(join(server.data, "logs", "server.jsonl"), "utf8")
      .trim()
      .split("\n");
    return lines.map((line) => JSON.parse(line));
  }

  return {
    reach,
    reachAll,
    readLog,
    newestWorker: () => readLog().findLast((line) => line.message === "a worker process is ready"),
  };
}

/** Not gone, nor waiting for somebody who asks how it ended. */
export function isAlive(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}
