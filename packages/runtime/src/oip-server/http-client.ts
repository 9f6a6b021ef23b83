import * as http from "node:http";
import * as https from "node:https";

export interface HttpAnswer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface HttpQuestion {
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Left out: a GET. */
  readonly body?: Buffer;
  /** Aborted: nobody waits for the answer. */
  readonly signal: AbortSignal;
}

/** No answer came. */
export class NoAnswer extends Error {
  override readonly name = "NoAnswer";
  /** Nobody was there to read the question. */
  readonly refused: boolean;

  constructor(message: string, refused: boolean) {
    super(message);
    this.refused = refused;
  }
}

export interface HttpClient {
  /** @throws NoAnswer */
  ask(question: HttpQuestion): Promise<HttpAnswer>;
  /** Connections are closed, and what waits for an answer gets none. */
  close(): void;
}

const mostBytes = 2 ** 30;
const neverThere = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH", "ETIMEDOUT"]);

/** Asks one server, over connections that stay open. `url` may have a path, below which everything is asked. */
export function createHttpClient(url: string, headers: Readonly<Record<string, string>> = {}): HttpClient {
  const base = new URL(url.endsWith("/") ? url : `${url}/`);
  const client = base.protocol === "https:" ? https : http;
  const agent = new client.Agent({ keepAlive: true, maxFreeSockets: 4 });

  function attempt({ path, body, signal, headers: own }: HttpQuestion): Promise<HttpAnswer> {
    const { promise, resolve, reject } = Promise.withResolvers<HttpAnswer>();
    const options = {
      agent,
      method: body === undefined ? "GET" : "POST",
      headers: { ...headers, ...own, ...(body && { "content-length": String(body.length) }) },
      signal,
    };
    let answered = false;
    const request = client.request(new URL(path, base), options, (answer) => {
      answered = true;
      const chunks: Buffer[] = [];
      let bytes = 0;
      answer.on("data", (chunk: Buffer) => {
        chunks.push(chunk);
        bytes += chunk.length;
        if (bytes > mostBytes) request.destroy(new Error("its answer is larger than 1 GiB"));
      });
      answer.on("end", () =>
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(chunks) }),
      );
      answer.on("error", fail);
    });
    // Node calls what the server closed between two requests by this name.
    function fail(error: NodeJS.ErrnoException): void {
      const stale = request.reusedSocket && (error.code === "ECONNRESET" || error.code === "EPIPE");
      reject(stale && !answered ? staleConnection : new NoAnswer(tell(error), neverThere.has(error.code ?? "")));
    }
    request.on("error", fail);
    request.setNoDelay(true);
    request.end(body);
    return promise;
  }
  return {
    async ask(question) {
      let maybeRead = false;
      for (;;) {
        try {
          return await attempt(question);
        } catch (error) {
          // A server may close a connection that is idle just when it is used again, so it is asked once more. But it may also have
          // ended of the question.
          if (error !== staleConnection) throw maybeRead ? toRead(error) : error;
          maybeRead = true;
        }
      }
    },
    close: () => agent.destroy(),
  };
}

const staleConnection = new Error("The connection was closed while it was idle.");

function toRead(error: unknown): unknown {
  return error instanceof NoAnswer && error.refused
    ? new NoAnswer("it closed the connection without an answer", false)
    : error;
}

function tell(error: NodeJS.ErrnoException): string {
  if (error.name === "AbortError") return "no answer came in time";
  if (error.code === "ECONNRESET") return "it closed the connection without an answer";
  return error.message;
}
