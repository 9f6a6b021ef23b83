import { type ErrorCode, type ErrorDetails, SlipwayError } from "@slipway/contract";
import { Worker } from "node:worker_threads";
import { decodeCursors, encodeCursor } from "../kernel/page.ts";
import type { Cursor, ListQuery } from "./log-query.ts";

export interface ListPredictions {
  readonly endpoint: string;
  /** Arrival, milliseconds, inclusive. */
  readonly since?: number | undefined;
  /** Arrival, milliseconds, exclusive. */
  readonly until?: number | undefined;
  /** Only those that failed or were answered by a fallback. */
  readonly errors?: boolean | undefined;
  /** The caller's own key. */
  readonly key?: string | undefined;
  /** What was answered once more, for nobody, too. Left out: traffic alone. */
  readonly shadows?: boolean | undefined;
  /** By place in the log. `newest`. */
  readonly order?: "newest" | "oldest" | undefined;
  /** 1 to 1000. */
  readonly limit: number;
  /** `next` of the page before; null is the first page. */
  readonly cursor: string | null;
}

export interface FindPrediction {
  readonly id: string;
  readonly row: number | null;
}

/** Looks into the log for people, in a thread of its own: what was answered is found at once. */
export interface LookUp {
  /**
   * A page as JSON bytes: `{"items": [...], "next": CURSOR|null}`. One item a row. A page may hold less than `limit`,
   * even nothing, and still have a next one: a look-up gives way after two seconds. Long values are cut.
   * @throws SlipwayError `invalid_request` for a strange cursor
   */
  list(query: ListPredictions): Promise<Uint8Array>;
  /**
   * One prediction, uncut, as JSON bytes, with what its shadows said; null where there is none. Without a row, a request of many
   * rows is one object.
   * @throws SlipwayError `prediction_not_found` where it was erased on request
   */
  find(id: string, row: number | null): Promise<Uint8Array | null>;
}

/** `after`: the places of the page before; none is the first page. */
export type ListedQuery = Omit<ListQuery, "after"> & { readonly after: readonly Cursor[] };

export type LookUpRequest =
  | { readonly call: number; readonly kind: "list"; readonly query: ListedQuery }
  | { readonly call: number; readonly kind: "find"; readonly query: FindPrediction };

export interface LookUpAnswer {
  readonly call: number;
  /** The items, or the prediction, as JSON. */
  readonly json: Uint8Array | null;
  readonly next: readonly Cursor[] | null;
  readonly error: string | null;
  /** Where the answer is an error for whoever asked. */
  readonly problem?: { readonly code: ErrorCode; readonly message: string; readonly details: ErrorDetails };
}

const script = new URL(`./look-up-worker${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url);

/** The thread is started by the first look-up, and again after it died. */
export function createLookUp(folder: string): LookUp & { close(): Promise<void> } {
  const waiting = new Map<number, { resolve: (answer: LookUpAnswer) => void; reject: (error: Error) => void }>();
  let worker: Worker | null = null;
  let calls = 0;
  let closed = false;

  function start(): Worker {
    const started = new Worker(script, { workerData: { folder }, env: {}, execArgv: [], name: "look-up" });
    let reason: unknown = "it was stopped";
    started.on("message", (answer: LookUpAnswer) => {
      const call = waiting.get(answer.call);
      waiting.delete(answer.call);
      if (waiting.size === 0) started.unref();
      const { problem } = answer;
      if (problem !== undefined) call?.reject(new SlipwayError(problem.code, problem.message, problem.details));
      else if (answer.error === null) call?.resolve(answer);
      else call?.reject(new Error(`The prediction log could not be searched: ${answer.error}`));
    });
    started.on("error", (error) => (reason = error));
    started.on("exit", () => {
      worker = null;
      for (const call of waiting.values()) call.reject(new Error("The look-up thread ended.", { cause: reason }));
      waiting.clear();
    });
    return started;
  }

  function ask(request: { kind: "list"; query: ListedQuery } | { kind: "find"; query: FindPrediction }) {
    if (closed) throw new SlipwayError("shutting_down", "The server is shutting down; ask again in a moment.");
    const thread = (worker ??= start());
    // An idle thread keeps no process alive, one at work does.
    thread.ref();
    const call = ++calls;
    return new Promise<LookUpAnswer>((resolve, reject) => {
      waiting.set(call, { resolve, reject });
      thread.postMessage({ call, ...request } satisfies LookUpRequest);
    });
  }

  return {
    async list({ order = "newest", cursor, ...filter }) {
      const { json, next } = await ask({ kind: "list", query: { ...filter, order, after: parseCursor(cursor) } });
      const end =
        next === null
          ? "null"
          : JSON.stringify(
              encodeCursor(next.flatMap((place) => [place.instance, place.segment, place.byte, place.row])),
            );
      return Buffer.concat([Buffer.from('{"items":'), json ?? Buffer.from("[]"), Buffer.from(`,"next":${end}}`)]);
    },
    async find(id, row) {
      return (await ask({ kind: "find", query: { id, row } })).json;
    },
    async close() {
      closed = true;
      await worker?.terminate();
    },
  };
}

function parseCursor(text: string | null): readonly Cursor[] {
  if (text === null) return [];
  const parts = decodeCursors(text, ["string", "number", "number", "number"]);
  return Array.from({ length: parts.length / 4 }, (_, index) => {
    const [instance, segment, byte, row] = parts.slice(4 * index);
    return { instance: String(instance), segment: Number(segment), byte: Number(byte), row: Number(row) };
  });
}
