import { Agent, request } from "node:http";

export interface Reply {
  readonly status: number;
  readonly body: Buffer;
}

/** Requests over connections that are kept, one at a time each; for answers that are read, not timed. */
export interface Client {
  send(method: string, path: string, body?: unknown): Promise<Reply>;
  /** @throws Error where the status is not 200 */
  ask<T>(method: string, path: string, body?: unknown): Promise<T>;
  close(): void;
}

export function createClient(url: string, connections = 1): Client {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const { hostname, port } = new URL(url);
  const send = (method: string, path: string, body?: unknown) =>
    new Promise<Reply>((resolve, reject) => {
      const bytes = body === undefined ? null : Buffer.from(JSON.stringify(body));
      const headers =
        bytes === null ? {} : { "content-type": "application/json", "content-length": String(bytes.length) };
      const asked = request({ agent, hostname, port, method, path, headers }, (answer) => {
        const parts: Buffer[] = [];
        answer.on("data", (part: Buffer) => parts.push(part));
        answer.on("end", () => resolve({ status: answer.statusCode ?? 0, body: Buffer.concat(parts) }));
        answer.once("error", reject);
      });
      asked.once("error", reject);
      asked.end(bytes ?? undefined);
    });
  return {
    send,
    async ask(method, path, body) {
      const { status, body: text } = await send(method, path, body);
      if (status !== 200) throw new Error(`${method} ${path} was answered ${status}: ${text.toString().slice(0, 500)}`);
      return JSON.parse(text.toString()) as never;
    },
    close: () => agent.destroy(),
  };
}

export const mlflow = (path: string): string => `/api/2.0/mlflow/${path}`;

/** Runs `work` for 0 to count - 1, so many at a time. */
export async function inParallel(
  { count, lanes }: { readonly count: number; readonly lanes: number },
  work: (at: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const lane = async () => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}
