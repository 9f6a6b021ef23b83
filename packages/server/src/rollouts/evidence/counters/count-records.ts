import {
  createFieldReader,
  createLogSource,
  createRecordFields,
  type LogBytes,
  type RecordFields,
  type Route,
} from "@slipway/runtime/log";
import { isCallersError } from "../../../kernel/is-callers-error.ts";
import { addArrivals, slotMs } from "./arrivals.ts";
import { addBucket, type BucketSet, createBucketSet, toBase64 } from "./bucket-set.ts";
import { type Cell, type CellKey, type Counts, createCounts, type Plan } from "./counts.ts";
import { bucketOf } from "./latency.ts";
import type { Counted, CounterSetup, CountOrder } from "./messages.ts";

/** Bytes of the log that one stretch has at most; what comes of it is stored before the next. */
const stretchBytes = 64 * 2 ** 20;
const error = 1;
const fallback = 2;

/** Reads headers behind the offsets and counts them for the rollouts that they belong to. Synchronous: for a thread that does nothing else. */
export function createRecordCounter({ folder, edges }: CounterSetup): (order: CountOrder) => Counted {
  const readFields = createFieldReader();
  const fields = createRecordFields();

  return ({ after, plans }) => {
    const cells = createCells(plans);
    let damaged = 0;
    const source = createLogSource(folder, after);
    const take = (from: number, to: number): boolean => {
      try {
        if (readFields(source.at, from, to, fields)) count({ log: source.at, fields, edges }, cells.find(fields));
      } catch (problem) {
        // A record with a good checksum that cannot be read: passed over, as every other reader does.
        if (!(problem instanceof RangeError)) throw problem;
        damaged++;
      }
      return true;
    };
    try {
      let state: ReturnType<typeof source.step>;
      do state = source.step(take);
      while (state !== "end" && source.bytesRead() < stretchBytes);
      return {
        offsets: source.offsets(),
        cells: cells.list(),
        more: state !== "end",
        damaged: damaged + source.damaged(),
      };
    } finally {
      source.close();
    }
  };
}

interface Found {
  readonly counts: Counts;
  /** By the name of what happened. */
  readonly buckets: Map<string, BucketSet>;
  /** By the time at which a slot of arrivals begins. */
  readonly arrived: Map<number, { requests: number; buckets: BucketSet | null }>;
  readonly plan: Plan;
}

function createCells(plans: readonly Plan[]) {
  const cells = new Map<string, Found & { readonly cell: Cell }>();
  /** Null: nobody counts it. A route is the same object in each of its records. */
  const traffic = new Map<Route, Found | null>();
  const fallbacks = new Map<Route, Found | null>();
  const shadows = new Map<Route, Found | null>();

  function create(route: Route, kind: "traffic" | "fallback" | "shadow"): Found | null {
    const plan = plans.find(({ endpoint, model }) => endpoint === route.endpoint && (route.model ?? model) === model);
    if (plan === undefined) return null;
    const key = kind === "shadow" ? toShadowKey(plan, route) : toTrafficKey(plan, route, kind === "fallback");
    if (key === null) return null;
    const name = JSON.stringify([key.rollout, key.revision, key.arm, key.via, key.propensity]);
    let cell = cells.get(name);
    if (cell === undefined) {
      const counts = createCounts();
      cells.set(name, (cell = { plan, counts, buckets: new Map(), arrived: new Map(), cell: { ...key, counts } }));
    }
    return cell;
  }

  return {
    find({ route, shadowFrom, status }: RecordFields): Found | null {
      const kind = shadowFrom >= 0 ? "shadow" : status === fallback ? "fallback" : "traffic";
      const known = { traffic, fallback: fallbacks, shadow: shadows }[kind];
      let found = known.get(route);
      if (found === undefined) known.set(route, (found = create(route, kind)));
      return found;
    },
    list: (): Cell[] =>
      [...cells.values()].map(({ cell, buckets, arrived }) => {
        const sets = Object.fromEntries([...buckets].map(([name, set]) => [name, toBase64(set)]));
        const slots = [...arrived].map(
          ([slot, { requests, buckets: of }]) =>
            [slot, { requests, buckets: of === null ? null : toBase64(of) }] as const,
        );
        const counts = { ...cell.counts, buckets: sets, arrived: addArrivals({}, Object.fromEntries(slots)) };
        return { ...cell, counts };
      }),
  };
}

/** Null: a shadow of another version. */
function toShadowKey({ rollout, to }: Plan, { revision, version }: Route): CellKey | null {
  if (version !== to) return null;
  return { rollout, revision: revision ?? 0, arm: "challenger", via: "shadow", propensity: 1 };
}

/** Null: the traffic was not divided, or this is not what the rollout made of it. A fallback has the arm that failed, and the version that answered instead, whichever it is. */
function toTrafficKey(
  { rollout, from, to }: Plan,
  { revision, version, arm, rule, propensity }: Route,
  isFallback: boolean,
): CellKey | null {
  if (arm !== "challenger" && arm !== "champion" && arm !== "control") return null;
  if (!isFallback && version !== null && version !== (arm === "challenger" ? to : from)) return null;
  return { rollout, revision: revision ?? 0, arm, via: rule === null ? "bucket" : "rule", propensity: propensity ?? 1 };
}

interface Counting {
  readonly log: LogBytes;
  readonly fields: RecordFields;
  readonly edges: readonly number[];
}

function count({ log: { bytes, view }, fields, edges }: Counting, found: Found | null): void {
  if (found === null) return;
  const { counts, plan } = found;
  const { status, durationsFrom, errorCode } = fields;
  counts.requests++;
  mark(found, "requests", fields);
  arrive(found, fields);
  if (status === fallback) {
    counts.fallbacks++;
    mark(found, "fallbacks", fields);
    mark(found, "errors", fields);
  }
  let isRefused = false;
  if (status === error) {
    const code = errorCode.from < 0 ? "internal" : bytes.toString("utf8", errorCode.from, errorCode.to);
    isRefused = isCallersError(code);
    const side = isRefused ? "refused" : "errors";
    counts[side]++;
    mark(found, side, fields);
  } else counts.rows += Math.max(1, fields.rows);
  const us = durationsFrom < 0 ? 0 : view.getUint32(durationsFrom + 12, true);
  // What was imported took no time here, and what was refused never came to a model.
  if (us === 0 || isRefused) return;
  const bucket = bucketOf(edges, us / 1000);
  while (counts.latency.length <= bucket) counts.latency.push(0);
  counts.latency[bucket]!++;
  for (const [name, budgetMs] of Object.entries(plan.budgets)) {
    if (budgetMs === null) continue;
    const over = (counts.over[name] ??= { timed: 0, over: 0 });
    over.timed++;
    if (us <= budgetMs * 1000) continue;
    over.over++;
    mark(found, name, fields);
  }
}

function arrive({ arrived }: Found, { atHigh, atLow, bucket }: RecordFields): void {
  const at = (atHigh * 0x1_0000_0000 + atLow) / 1000;
  const slot = Math.floor(at / slotMs) * slotMs;
  let into = arrived.get(slot);
  if (into === undefined) arrived.set(slot, (into = { requests: 0, buckets: null }));
  into.requests++;
  if (bucket >= 0) addBucket((into.buckets ??= createBucketSet()), bucket);
}

/** Without a unit a request has no bucket. */
function mark({ buckets }: Found, name: string, { bucket }: RecordFields): void {
  if (bucket < 0) return;
  let set = buckets.get(name);
  if (set === undefined) buckets.set(name, (set = createBucketSet()));
  addBucket(set, bucket);
}
