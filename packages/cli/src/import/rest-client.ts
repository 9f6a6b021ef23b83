import { setTimeout as sleep } from "node:timers/promises";
import { SlipwayError } from "@slipway/contract/errors";
import { withoutSecrets } from "./artifact-files.ts";
import { toFields, type Fields } from "./fields.ts";

export interface SourceLogin {
  readonly token?: string | undefined;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
}

/** Calls of the old server, repeated where it is busy or away for a moment. */
export interface RestClient {
  readonly url: string;
  get(path: string, query?: Readonly<Record<string, string>>): Promise<Fields>;
  post(path: string, body: object): Promise<Fields>;
  /** The bytes of a file. */
  download(path: string, signal: AbortSignal): Promise<ReadableStream<Uint8Array>>;
}

const attempts = 6;
/** Of one call with its repetitions; a page of large runs takes an MLflow server a while. */
const limitMs = 300_000;

/** @throws SlipwayError `invalid_config` where it is no address */
export function createRestClient(address: string, login: SourceLogin): RestClient {
  const { url, authorization } = parseAddress(address, login);
  const headers = { accept: "application/json", ...(authorization === null ? {} : { authorization }) };

  async function send(path: string, init: RequestInit): Promise<Response> {
    for (let attempt = 1; ; attempt++) {
      const answer = await fetch(`${url}${path}`, init).catch((error: unknown) => error as Error);
      if (answer instanceof Response && answer.ok) return answer;
      init.signal?.throwIfAborted();
      const again = !(answer instanceof Response) || [429, 500, 502, 503, 504].includes(answer.status);
      if (!again || attempt === attempts) throw await toError(url, path, answer);
      if (answer instanceof Response) await answer.body?.cancel();
      await sleep(250 * 2 ** (attempt - 1));
    }
  }

  const call = async (path: string, init: RequestInit): Promise<Fields> => {
    const signal = AbortSignal.timeout(limitMs);
    try {
      const response = await send(path, { ...init, signal });
      return parseAnswer(url, path, await response.text());
    } catch (error) {
      throw signal.aborted ? await toError(url, path, new Error(`nothing in ${limitMs / 1000} s`)) : error;
    }
  };

  return {
    url,
    get: (path, query = {}) => {
      const search = new URLSearchParams(query).toString();
      return call(search === "" ? path : `${path}?${search}`, { headers });
    },
    post: (path, body) =>
      call(path, {
        method: "POST",
        headers: { ...headers, "content-type": "application/json" },
        body: JSON.stringify(body),
      }),
    download: async (path, signal) => {
      const { body } = await send(path, { headers: { ...headers, accept: "*/*" }, signal });
      return body ?? new ReadableStream({ start: (stream) => stream.close() });
    },
  };
}

interface Address {
  readonly url: string;
  readonly authorization: string | null;
}

function parseAddress(address: string, login: SourceLogin): Address {
  if (!URL.canParse(address))
    throw new SlipwayError("invalid_config", `${JSON.stringify(address)} is not the address of a server.`);
  const parsed = new URL(address);
  const username = login.username ?? decodeURIComponent(parsed.username);
  const password = login.password ?? decodeURIComponent(parsed.password);
  const basic = `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
  const authorization = username !== "" ? basic : login.token === undefined ? null : `Bearer ${login.token}`;
  if (authorization !== null && !/^[\x20-\x7e]+$/.test(authorization))
    throw new SlipwayError("invalid_config", "The token of the old server has characters that a token cannot have.");
  return { url: (parsed.origin + parsed.pathname).replace(/\/+$/, ""), authorization };
}

function parseAnswer(url: string, path: string, text: string): Fields {
  if (text.trim() === "") return {};
  try {
    return toFields(JSON.parse(text));
  } catch {
    throw new SlipwayError(
      "internal",
      `${url}${path} answered with something that is not JSON. Is this an MLflow server?`,
      { start: text.slice(0, 200) },
    );
  }
}

async function toError(url: string, path: string, answer: Response | Error): Promise<SlipwayError> {
  const where = withoutSecrets(`${url}${path}`);
  if (!(answer instanceof Response)) {
    const cause = (answer.cause as NodeJS.ErrnoException | undefined)?.code ?? answer.message;
    return new SlipwayError(
      "source_unavailable",
      `The old server gave no answer at ${where} (${cause}). What was imported so far is kept: run the same command again.`,
      { url: where },
    );
  }
  const text = await answer.text().catch(() => "");
  const { error_code: code, message } = toFields(tryJson(text));
  const details = { url: where, status: answer.status, error_code: typeof code === "string" ? code : null };
  if (answer.status === 401 || answer.status === 403)
    return new SlipwayError(
      "forbidden",
      `The old server refuses ${where} (${answer.status}). Give its login: MLFLOW_TRACKING_TOKEN, or MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD.`,
      details,
    );
  const said = typeof message === "string" ? message : text.slice(0, 200);
  return new SlipwayError(
    answer.status === 404 ? "not_found" : answer.status >= 500 ? "source_unavailable" : "invalid_request",
    `The old server answered ${answer.status} at ${where}: ${said}`,
    details,
  );
}

/** Whether the old server says that it has no such thing, or is too old to know of it. */
export function isMissing(error: unknown): boolean {
  return SlipwayError.is(error) && (error.details as { status?: number } | undefined)?.status === 404;
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
