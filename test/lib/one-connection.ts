import { Agent, request } from "node:http";
import type { AnyJson } from "./fetch-json.ts";

export interface ConnectionAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly bytes: Buffer;
  /** The parsed body, or its text where it is no JSON. */
  readonly body: AnyJson;
}

export interface ConnectionRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON; with it the method is POST unless named. */
  readonly json?: unknown;
  readonly body?: Uint8Array;
}

/** One connection that is kept: whatever is asked goes to the same process, where several listen on the port. */
export interface OneConnection {
  ask(path: string, options?: ConnectionRequest): Promise<ConnectionAnswer>;
  close(): void;
}

export function openConnection(url: string): OneConnection {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  return {
    ask(
      path,
      { json, method, headers = {}, body = json === undefined ? undefined : Buffer.from(JSON.stringify(json)) } = {},
    ) {
      return new Promise((resolve, reject) => {
        const sent = request(new URL(path, url), {
          agent,
          method: method ?? (body === undefined ? "GET" : "POST"),
          headers: { ...(json === undefined ? {} : { "content-type": "application/json" }), ...headers },
        });
        sent.on("error", reject).on("response", (answer) => {
          const chunks: Buffer[] = [];
          answer.on("data", (chunk: Buffer) => chunks.push(chunk));
          answer.on("error", reject);
          answer.on("end", () => {
            const bytes = Buffer.concat(chunks);
            resolve({ status: answer.statusCode ?? 0, headers: answer.headers, bytes, body: parse(bytes.toString()) });
          });
        });
        // Nothing of a body that is not sent in chunks is told apart from none.
        sent.end(body);
      });
    },
    close: () => agent.destroy(),
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
