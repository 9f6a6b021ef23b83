import { Agent, request as send, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";

/** About one connection, so never handed on; `expect` was answered by the server that has the client. */
const own = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "expect",
]);

/** Hands requests on to a server behind a Unix socket, and its answers back, as they come. */
export interface Relay {
  pass(request: IncomingMessage, response: ServerResponse): void;
  close(): void;
}

/** `onError` answers where the server behind cannot be reached and nothing was sent yet. */
export function createRelay({
  socketPath,
  onError,
}: {
  readonly socketPath: string;
  readonly onError: (error: Error, response: ServerResponse) => void;
}): Relay {
  const agent = new Agent({ keepAlive: true, maxSockets: Infinity, scheduling: "lifo" });

  function pass(request: IncomingMessage, response: ServerResponse): void {
    const { method, url, headers } = request;
    const framed = { ...toHandedOn(headers), ...toFraming(headers) };
    const behind = send({ agent, socketPath, method, path: url, headers: framed, setHost: false });
    behind.on("response", (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.statusMessage, toHandedOn(answer.headers));
      // Events are awaited: their head must not wait for the first of them.
      response.flushHeaders();
      answer.pipe(response);
      answer.on("error", () => response.destroy());
      answer.on("aborted", () => response.destroy());
    });
    behind.on("error", (error) => {
      request.unpipe(behind);
      if (response.headersSent) response.destroy();
      else if (!response.destroyed) onError(error, response);
    });
    response.on("close", () => {
      if (!response.writableFinished) behind.destroy();
    });
    request.on("error", () => behind.destroy());
    request.pipe(behind);
  }

  return { pass, close: () => agent.destroy() };
}

/** A body arrives framed as it came: what Node would choose by the method alone could be read as another request. */
function toFraming(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  if (headers["transfer-encoding"] !== undefined) return { "transfer-encoding": "chunked" };
  return { "content-length": headers["content-length"] ?? "0" };
}

function toHandedOn(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const named = new Set((headers.connection ?? "").toLowerCase().split(/\s*,\s*/));
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !own.has(name) && !named.has(name)));
}
