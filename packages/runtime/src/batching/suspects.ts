import { SlipwayError } from "@slipway/contract/errors";
import { createHash } from "node:crypto";
import { isBytesData } from "../datatype.ts";
import type { Tensor } from "../tensor.ts";

/** `alone`: it may run, but shares its run with nobody. An error: it is refused. */
export type Verdict = null | "alone" | SlipwayError;

/**
 * The requests that were part of a run that ended its process. Which of them was why shows when each comes again: alone, it is cleared by a
 * run that the process survives, and refused for a while once it has ended two. Nothing is hashed while there are none.
 */
export interface Suspects {
  readonly size: number;
  judge(inputs: readonly Tensor[]): Verdict;
  /** They shared a run whose process ended, as `how` says. */
  accuse(requests: readonly { readonly inputs: readonly Tensor[] }[], how: string): void;
  clear(inputs: readonly Tensor[]): void;
}

interface Record {
  readonly deaths: number;
  readonly how: string;
  /** Monotonic milliseconds. */
  readonly until: number;
}

/** Deaths after which a request is refused. */
const deadly = 2;
const rememberMs = 10 * 60_000;
const most = 1000;

export function createSuspects(monotonic: () => number): Suspects {
  /** The one that ends soonest is first. */
  const records = new Map<string, Record>();
  const keys = new WeakMap<readonly Tensor[], string>();

  function keyOf(inputs: readonly Tensor[]): string {
    let key = keys.get(inputs);
    if (key === undefined) keys.set(inputs, (key = hashInputs(inputs)));
    return key;
  }
  function forget(now: number): void {
    for (const [key, { until }] of records) {
      if (until > now && records.size <= most) return;
      records.delete(key);
    }
  }
  return {
    get size() {
      return records.size;
    },
    judge(inputs) {
      if (records.size === 0) return null;
      const now = monotonic();
      forget(now);
      const record = records.get(keyOf(inputs));
      if (record === undefined) return null;
      return record.deaths < deadly ? "alone" : refusal(record, now);
    },
    accuse(requests, how) {
      const now = monotonic();
      // The same request may have been in it many times: that was one death.
      for (const key of new Set(requests.map(({ inputs }) => keyOf(inputs)))) {
        const deaths = (records.get(key)?.deaths ?? 0) + 1;
        records.delete(key);
        records.set(key, { deaths, how, until: now + rememberMs });
      }
      forget(now);
    },
    clear(inputs) {
      if (records.size > 0) records.delete(keyOf(inputs));
    },
  };
}

function refusal({ deaths, how, until }: Record, now: number): SlipwayError {
  const leftMs = Math.ceil(until - now);
  return new SlipwayError(
    "invalid_input",
    `These values have ended the model's process ${deaths} times (${how}), so they are refused for another ${Math.ceil(leftMs / 60_000)} min. Change them, or deploy a version that can take them.`,
    { reason: "ended_process", deaths, retry_after_ms: leftMs },
  );
}

function hashInputs(inputs: readonly Tensor[]): string {
  const hash = createHash("sha1");
  for (const { name, datatype, shape, data } of inputs) {
    hash.update(JSON.stringify([name, datatype, shape]));
    if (!isBytesData(data)) hash.update(data);
    else
      for (const element of data) {
        const bytes = typeof element === "string" ? Buffer.from(element) : element;
        // The length, so that no two lists of texts run together.
        hash.update(`${bytes.length},`).update(bytes);
      }
  }
  return hash.digest("base64");
}
