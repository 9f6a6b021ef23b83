import { findDifferences, IdPairs, TimePairs, type Difference } from "../same-answer.ts";
import type { Pair } from "./pairs.ts";

/** A pair that was answered otherwise than in the recording. */
export interface Deviation extends Difference {
  /** `POST /api/2.0/mlflow/runs/create`, without a query and ids. */
  readonly what: string;
  readonly scenario: string;
  /** Its line in the recording, from 1. */
  readonly line: number;
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly bytes: Buffer;
}

const serverTimes = new Set([
  "creation_time",
  "last_update_time",
  "creation_timestamp",
  "last_updated_timestamp",
  "creation_timestamp_ms",
  "last_updated_timestamp_ms",
]);

/** Sends recorded requests to a server, with its own ids in the place of the recorded ones, and compares the answers. */
export class Replay {
  readonly #url: string;
  readonly #sizes: ReadonlyMap<string, number>;
  readonly #matching = { ids: new IdPairs(), times: new TimePairs(), serverTimes };
  readonly #uploaded = new Map<string, Buffer>();

  constructor(url: string, sizes: ReadonlyMap<string, number>) {
    this.#url = url;
    this.#sizes = sizes;
  }

  async run(scenario: string, pairs: readonly Pair[]): Promise<Deviation[]> {
    const found: Deviation[] = [];
    for (const [i, pair] of pairs.entries()) {
      const answer = await this.#send(pair);
      const what = `${pair.method} ${pair.path.replace(/\?.*/, "").replaceAll(/(m-)?[0-9a-f]{32}/g, "ID")}`;
      for (const one of this.#compare(pair, answer)) found.push({ ...one, what, scenario, line: i + 1 });
    }
    return found;
  }

  async #send(pair: Pair): Promise<Answer> {
    const headers: Record<string, string> = { "user-agent": pair.user_agent };
    if (pair.content_type !== null) headers["content-type"] = pair.content_type;
    const path = this.#matching.ids.translate(pair.path);
    const body = pair.request_body === "<stream>" ? this.#file(pair.path) : pair.request_body;
    const sent = typeof body === "string" ? this.#matching.ids.translate(body) : body && new Uint8Array(body);
    const response = await fetch(`${this.#url}${path}`, { method: pair.method, headers, body: sent });
    const type = (response.headers.get("content-type") ?? "").replace(/;.*/, "");
    return { status: response.status, type, bytes: Buffer.from(await response.arrayBuffer()) };
  }

  /** Bytes to upload, as many as in the recording and the same whenever the path is. */
  #file(path: string): Buffer {
    const name = toFileName(path);
    const bytes = Buffer.alloc(this.#sizes.get(name) ?? 10, `${name}\n`);
    this.#uploaded.set(path, bytes);
    return bytes;
  }

  #compare(pair: Pair, { status, type, bytes }: Answer): Difference[] {
    const text = bytes.toString();
    if (status !== pair.status) return [{ at: "status", expected: pair.status, found: `${status} ${text}` }];
    const differences: Difference[] = [];
    if (type !== pair.response_content_type)
      differences.push({ at: "content-type", expected: pair.response_content_type, found: type });
    if (pair.response_content_type === "application/json" && pair.response_body !== "")
      return [...differences, ...findDifferences(JSON.parse(pair.response_body), parse(text), this.#matching)];
    const sent = this.#uploaded.get(pair.path);
    if (sent !== undefined && !sent.equals(bytes))
      differences.push({ at: "bytes", expected: sent.length, found: bytes.length });
    return differences;
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function toFileName(path: string): string {
  return decodeURIComponent(path).replace(/^.*\/mlflow-artifacts\/artifacts\//, "");
}
