import { createHash } from "node:crypto";

/**
 * What tells a request that comes again from a new one. MLflow's client sends a POST again when it has no answer, seven times if
 * need be, and its body names no request. The same body is taken for the same request where its answer cannot have arrived:
 * the server was started anew since, or the connection was gone before the answer. Two processes that send the same body in
 * the same millisecond each get their own.
 */
export interface RequestMark {
  /** Digest of the request. */
  readonly request: string;
  /** Of this start of the server. */
  readonly instance: string;
  /** The answer to the same request is known to be lost. */
  readonly isRepeated: boolean;
  /** Only what was made since then, in milliseconds, can be meant. */
  readonly since: number;
}

/** A client gives up after some minutes. */
const repeatsForMs = 15 * 60_000;
const mostLost = 1000;

export interface Requests {
  mark(body: readonly unknown[], now: number): RequestMark;
  /** The connection ended before the answer was sent. */
  answerLost(mark: RequestMark): void;
}

export function createRequests(instance: string): Requests {
  const lost = new Set<string>();
  return {
    mark(body, now) {
      const request = createHash("sha256").update(JSON.stringify(body)).digest("base64url");
      return { request, instance, isRepeated: lost.delete(request), since: now - repeatsForMs };
    },
    answerLost({ request }) {
      lost.add(request);
      if (lost.size > mostLost) lost.delete(lost.keys().next().value!);
    },
  };
}
