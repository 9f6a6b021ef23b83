import { SlipwayError } from "@slipway/contract/errors";
import { ConnectionError, connectionCutCodes, systemCode, toServerError } from "./errors.ts";
import { toJson } from "./json.ts";

/** What every call takes. */
export interface CallOptions {
  /** Ends the call; it then throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** How long this call may take, in place of the client's own limit. */
  readonly timeoutMs?: number | undefined;
  /** W3C trace context, `00-<trace>-<span>-<flags>`. */
  readonly traceparent?: string | undefined;
}

export type Method = "GET" | "HEAD" | "PUT" | "POST" | "DELETE";
export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

export interface Request extends CallOptions {
  readonly method: Method;
  readonly path: string;
  readonly query?: Query | undefined;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent as raw bytes; never repeated, since a stream can be read only once. */
  readonly body?: BodyInit | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Statuses that are answers here and no errors. */
  readonly accept?: readonly number[];
  /** No time limit of the client: uploads and event streams. */
  readonly endless?: boolean;
}

export interface Transport {
  readonly url: string;
  /** The answer, its body unread. @throws ServerError, ConnectionError, SlipwayError `deadline_exceeded` */
  send(request: Request): Promise<Response>;
  /** The answer's JSON, or undefined where it has none. */
  call<T>(request: Request): Promise<T>;
  /** The same, with the headers of the answer. */
  exchange<T>(request: Request): Promise<{ value: T; headers: Headers }>;
}

export interface TransportOptions {
  readonly url: string;
  readonly token?: string | undefined;
  readonly fetch: typeof globalThis.fetch;
  readonly timeoutMs: number;
}

const retries = 2;
const longestWaitMs = 5000;

export function createTransport(options: TransportOptions): Transport {
  const url = parseUrl(options.url);
  const token = parseToken(options.token);

  function toInit(request: Request, signal: AbortSignal | undefined): RequestInit {
    const headers: Record<string, string> = { accept: "application/json", ...request.headers };
    if (token !== undefined) headers.authorization = `Bearer ${token}`;
    if (request.traceparent !== undefined) headers.traceparent = request.traceparent;
    // Every write names a type that a web form cannot send; a server on loopback insists on it.
    if (request.method !== "GET" && request.method !== "HEAD") headers["content-type"] ??= "application/json";
    const body = request.json === undefined ? request.body : toJson(request.json);
    return {
      method: request.method,
      headers,
      ...(body === undefined ? {} : { body }),
      ...(body instanceof ReadableStream ? { duplex: "half" } : {}),
      ...(signal === undefined ? {} : { signal }),
    };
  }

  /** Runs `work` under the call's time limit and gives every failure its name. */
  async function guard<T>(request: Request, work: (signal: AbortSignal | undefined) => Promise<T>): Promise<T> {
    const limitMs = request.timeoutMs ?? (request.endless === true ? undefined : options.timeoutMs);
    const limit = limitMs === undefined ? undefined : AbortSignal.timeout(limitMs);
    const signals = [limit, request.signal].filter((signal) => signal !== undefined);
    try {
      return await work(signals.length > 1 ? AbortSignal.any(signals) : signals[0]);
    } catch (error) {
      if (SlipwayError.is(error)) throw error;
      if (request.signal?.aborted === true) throw request.signal.reason;
      if (limit?.aborted === true)
        throw new SlipwayError(
          "deadline_exceeded",
          `${url} gave no answer to ${request.method} ${request.path} within ${limitMs} ms. Look at the server, or allow more time.`,
          { timeout_ms: limitMs },
        );
      throw new ConnectionError(url, error);
    }
  }

  async function once(request: Request, signal: AbortSignal | undefined): Promise<Response> {
    const target = url + request.path + toSearch(request.query);
    const response = await options.fetch(target, toInit(request, signal));
    if (response.ok || request.accept?.includes(response.status) === true) return response;
    const error = toServerError(response.status, await response.text(), url);
    throw Object.assign(error, { retryAfterMs: toWaitMs(response) });
  }

  async function withRetries(request: Request, signal: AbortSignal | undefined): Promise<Response> {
    for (let attempt = 0; ; attempt++)
      try {
        return await once(request, signal);
      } catch (error) {
        const waitMs = attempt < retries ? repeatAfterMs(request, error) : undefined;
        if (waitMs === undefined || signal?.aborted === true) throw error;
        await sleep(waitMs * (attempt + 1), signal);
      }
  }

  function exchange<T>(request: Request): Promise<{ value: T; headers: Headers }> {
    return guard(request, async (signal) => {
      const response = await withRetries(request, signal);
      const text = await response.text();
      const value = (text === "" ? undefined : parseAnswer(text, url)) as T;
      return { value, headers: response.headers };
    });
  }

  return {
    url,
    send: (request) => guard(request, (signal) => withRetries(request, signal)),
    call: async <T>(request: Request) => (await exchange<T>(request)).value,
    exchange,
  };
}

/** How long to wait before the same request is sent again; undefined where it must not be. */
function repeatAfterMs(request: Request, error: unknown): number | undefined {
  const repeatable = request.body === undefined && ["GET", "HEAD", "PUT"].includes(request.method);
  if (!repeatable) return undefined;
  if (!SlipwayError.is(error)) return connectionCutCodes.has(systemCode(error) ?? "") ? 100 : undefined;
  const waitMs = (error as { retryAfterMs?: number }).retryAfterMs;
  return waitMs !== undefined && waitMs <= longestWaitMs ? waitMs : undefined;
}

/** `Retry-After` in seconds of a 503; a date is not followed, since the clocks may differ. */
function toWaitMs(response: Response): number | undefined {
  const after = response.headers.get("retry-after");
  if (response.status !== 503 || after === null || !/^\d{1,4}$/.test(after)) return undefined;
  return Math.max(Number(after) * 1000, 50);
}

function parseAnswer(text: string, url: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new SlipwayError("internal", `${url} answered with something that is not JSON. Is this a Slipway server?`, {
      start: text.slice(0, 200),
    });
  }
}

function toSearch(query: Query | undefined): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) if (value !== undefined) search.set(name, String(value));
  const text = search.toString();
  return text === "" ? "" : `?${text}`;
}

function parseUrl(text: string): string {
  const parsed = URL.canParse(text) ? new URL(text) : null;
  if (parsed === null || !/^https?:$/.test(parsed.protocol))
    throw new SlipwayError(
      "invalid_config",
      `${JSON.stringify(text)} is not the address of a server: use one such as http://127.0.0.1:8080.`,
      { url: text },
    );
  if (parsed.username !== "" || parsed.password !== "")
    throw new SlipwayError(
      "invalid_config",
      "The address of a server must not carry a user or a password: pass a token instead.",
    );
  return (parsed.origin + parsed.pathname).replace(/\/+$/, "");
}

/** A wrong token is refused here, because fetch would print it in its own message. */
function parseToken(token: string | undefined): string | undefined {
  if (token === undefined || token === "") return undefined;
  if (!/^[\x21-\x7e]+$/.test(token))
    throw new SlipwayError(
      "invalid_config",
      "The token contains a space, a line break or another character that a token cannot have. Copy it again.",
    );
  return token;
}

/** Waits; an abort ends the wait by throwing the signal's reason. */
export function sleep(waitMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) return reject(signal.reason as Error);
    const timer = setTimeout(done, waitMs);
    function done(): void {
      signal?.removeEventListener("abort", stop);
      resolve();
    }
    function stop(): void {
      clearTimeout(timer);
      reject(signal?.reason as Error);
    }
    signal?.addEventListener("abort", stop, { once: true });
  });
}
