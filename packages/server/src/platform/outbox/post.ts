import { lookup, type LookupAddress, type LookupOptions } from "node:dns";
import { request as httpRequest, type IncomingMessage, type RequestOptions } from "node:http";
import { request as httpsRequest } from "node:https";
import { isIP } from "node:net";
import { isPublicAddress } from "./public-address.ts";

export interface CallOptions {
  readonly headers: Readonly<Record<string, string>>;
  /** Addresses of this machine and its networks are taken, too. */
  readonly allowPrivate: boolean;
  readonly signal: AbortSignal;
}

export interface PostOptions extends CallOptions {
  readonly body: Buffer;
}

export interface PostAnswer {
  readonly status: number;
  /** The beginning of the body, 64 KiB at most. */
  readonly body: string;
  readonly retryAfter: string | null;
}

/** The address is not one that may be called; trying again does not help. */
export class AddressRefused extends Error {}

const mostBody = 64 * 1024;

/**
 * One POST on a connection of its own. What a name resolves to is looked at where the connection is made, so that no second
 * look-up can say something else. Redirects are not followed, proxies of the environment not asked.
 * @throws AddressRefused, or whatever keeps the request from being answered
 */
export function post(url: URL, { body, headers, ...options }: PostOptions): Promise<PostAnswer> {
  const withLength = { ...headers, "content-length": String(body.length) };
  return call(url, { ...options, method: "POST", headers: withLength, body });
}

/** The same as a GET. @throws as `post` */
export function get(url: URL, options: CallOptions): Promise<PostAnswer> {
  return call(url, { ...options, method: "GET", body: null });
}

interface Call extends CallOptions {
  readonly method: "GET" | "POST";
  readonly body: Buffer | null;
}

function call(url: URL, { method, headers, body, allowPrivate, signal }: Call): Promise<PostAnswer> {
  const options: RequestOptions = { method, headers, agent: false, signal };
  if (!allowPrivate) {
    const bad = refuseLiteral(url);
    if (bad) return Promise.reject(bad);
    options.lookup = publicLookup;
  }
  const send = url.protocol === "https:" ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const request = send(url, options, (response) => {
      readStart(response).then(
        (text) =>
          resolve({
            status: response.statusCode ?? 0,
            body: text,
            retryAfter: response.headers["retry-after"] ?? null,
          }),
        reject,
      );
    });
    request.on("error", reject);
    if (body === null) request.end();
    else request.end(body);
  });
}

/** Null where it may be called, as far as is known now: a name that is not known yet is looked up again when it is called. */
export function findRefusal(url: URL): Promise<AddressRefused | null> {
  const bad = refuseLiteral(url);
  if (bad) return Promise.resolve(bad);
  return new Promise((resolve) =>
    publicLookup(url.hostname, {}, (error) => resolve(error instanceof AddressRefused ? error : null)),
  );
}

/**
 * The address that a host has, for protocols that make their own connections: one that is not public is refused like that of a URL.
 * @throws AddressRefused, or what the look-up fails with
 */
export function findPublicAddress(url: URL): Promise<string> {
  const bad = refuseLiteral(url);
  if (bad) return Promise.reject(bad);
  const host = url.hostname.replace(/^\[|\]$/g, "");
  return new Promise((resolve, reject) =>
    publicLookup(host, {}, (error, address) => (error ? reject(error) : resolve(address as string))),
  );
}

/** No name is looked up where the host is an address. */
function refuseLiteral({ hostname }: URL): AddressRefused | null {
  const literal = hostname.replace(/^\[|\]$/g, "");
  return isIP(literal) !== 0 && !isPublicAddress(literal) ? refused(hostname, literal) : null;
}

type LookupDone = (error: Error | null, address: string | LookupAddress[], family?: number) => void;

function publicLookup(hostname: string, options: LookupOptions, done: LookupDone): void {
  lookup(hostname, { ...options, all: true }, (error, addresses) => {
    const bad = error ? undefined : addresses.find(({ address }) => !isPublicAddress(address));
    if (error || bad) return done(error ?? refused(hostname, bad!.address), []);
    const [first] = addresses;
    return options.all === true || !first ? done(null, addresses) : done(null, first.address, first.family);
  });
}

function refused(host: string, address: string): AddressRefused {
  const named = host.replace(/^\[|\]$/g, "") === address ? address : `${host} is ${address}, which`;
  return new AddressRefused(
    `${named} is not a public address, and this server calls no other unless it was started with webhook_private.`,
  );
}

async function readStart(response: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of response as AsyncIterable<Buffer>) {
    parts.push(part);
    length += part.length;
    if (length >= mostBody) break;
  }
  return Buffer.concat(parts).subarray(0, mostBody).toString();
}
