import { SlipwayError } from "@slipway/contract";
import {
  decodeRecord,
  encodeRoute,
  type InferenceRecord,
  type Replica,
  type Runtime,
  type Signature,
} from "@slipway/runtime";
import { afterEach, expect, test, vi } from "vitest";
import { type Clock, systemClock } from "../../kernel/clock.ts";
import { createId } from "../../kernel/ids.ts";
import { silentLogger } from "../../kernel/logger.ts";
import type { BlobStore } from "../../platform/blobs/index.ts";
import { openLog } from "../../predictions/testing/log.ts";
import type { ModelVersion } from "../../registry/index.ts";
import { createServing } from "../../serving/index.ts";
import { emptySpec, type EndpointSpec } from "../endpoint.ts";
import type { Journey } from "../journey.ts";
import { shadowLimits, type ShadowLimits } from "./shadow-limits.ts";
import { createShadows, type ShadowsDeps } from "./shadows.ts";

const signature: Signature = {
  inputs: [{ name: "x", datatype: "FP32", shape: [-1], nullable: false }],
  outputs: [{ name: "y", datatype: "FP32", shape: [-1] }],
  packed: null,
  batched: true,
};

const versionOf = (number: number) =>
  ({
    id: createId(),
    model: "flights",
    version: number,
    digest: "ab".repeat(32),
    program: { kind: "onnx" },
    placement: "thread",
    signature,
    files: [],
    entry: "m.onnx",
  }) as unknown as ModelVersion;

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

interface Setup {
  /** After the warm-up: runs of requests. */
  readonly run?: Replica["run"];
  readonly limits?: Partial<ShadowLimits>;
  readonly clock?: Clock;
  readonly acquire?: (given: ShadowsDeps["serving"]["acquire"]) => ShadowsDeps["serving"]["acquire"];
}

/** Shadows on a real log and a real serving; only the model is made up. */
async function open({ run, limits = {}, clock = systemClock, acquire = (given) => given }: Setup = {}) {
  const { log, instance } = await openLog();
  closing.push(() => log.close());
  let isWarm = false;
  const echo: Replica["run"] = async ([x]) => [{ ...x!, name: "y" }];
  const runtime: Runtime = {
    open: async () => ({
      run: (inputs, hints) => (isWarm && run ? run(inputs, hints) : echo(inputs)),
      close: async () => {},
    }),
  };
  const serving = createServing({
    folder: "",
    blobs: { layout: async () => {} } as unknown as BlobStore,
    findRuntime: async () => runtime,
    batchRows: 64,
    clock: systemClock,
    logger: silentLogger,
  });
  const shadows = createShadows({
    registry: { requireVersion: async (_model, number) => versionOf(number) },
    serving: { acquire: acquire(serving.acquire), release: serving.release },
    predictions: log,
    clock,
    logger: silentLogger,
    limits: { ...shadowLimits, gatherMs: 1, ...limits },
  });
  closing.push(() => shadows.close());
  const spec = (share: number): EndpointSpec => ({
    ...emptySpec,
    target: { model: "flights", version: 1, follows: null },
    traffic: { ...emptySpec.traffic, shadows: share === 0 ? [] : [{ version: 2, share }] },
  });
  const follow = (share: number) => shadows.follow("flights", spec(share));
  const state = () => shadows.list("flights")[0]!;
  const ready = () =>
    vi.waitFor(() => {
      expect(state().state).toBe("ready");
      isWarm = true;
    });

  const answered = { version: versionOf(1), signature };
  const blocks = new Map<unknown, Uint8Array>();
  function offer(error: SlipwayError | null = null, { version = null as number | null, bytes = 10 } = {}): Journey {
    const parsed = {
      tensors: [{ name: "x", datatype: "FP32" as const, shape: [1], data: Float32Array.of(7) }],
      resolved: {
        tensors: [{ name: "x", datatype: "FP32" as const, shape: [1], data: Float32Array.of(7) }],
        rows: 1,
      },
    };
    const journey = {
      id: createId(),
      at: Date.now() * 1000,
      startedAt: systemClock.monotonic(),
      parsedAt: systemClock.monotonic(),
      call: {
        version,
        face: "predict",
        key: "k",
        traceparent: null,
        user: null,
        body: new Uint8Array(bytes),
        header: () => null,
        parse: () => parsed,
      },
      route: {
        endpoint: "flights",
        spec: spec(1),
        extraFields: new Set(),
        redact: new Set(),
        logFields,
        division: null,
      },
      parsed,
      rows: 1,
      inputs: parsed.tensors,
      assignment: null,
      loaded: answered,
      run: null,
    } as unknown as Journey;
    shadows.offer(journey, error);
    return journey;
  }
  function logFields(by: { version: ModelVersion }): Uint8Array {
    const known = blocks.get(by.version) ?? toBlock(instance, by.version);
    blocks.set(by.version, known);
    return known;
  }

  /** What is on record. */
  async function records(): Promise<InferenceRecord[]> {
    const { records: frames } = await log.feed.read(log.feed.start(instance));
    return frames.map(({ payload }) => decodeRecord(payload));
  }

  return { shadows, follow, state, ready, offer, records, log, serving };
}

function toBlock(instance: string, { version }: ModelVersion): Uint8Array {
  return encodeRoute({ instance, epoch: 1, endpoint: "flights", revision: 3, model: "flights", version, digest: null });
}
const ended = ({ counts }: { counts: { outcomes: Map<string, number>; dropped: Record<string, number> } }) =>
  [...counts.outcomes.values(), ...Object.values(counts.dropped)].reduce((sum, count) => sum + count, 0);

test("a request is answered once more, on record as what it is; what the record of the original says is not said twice", async () => {
  const { follow, ready, offer, state, records } = await open();
  follow(10_000);
  await ready();
  const { id } = offer();
  await vi.waitFor(() => expect(state().counts.outcomes.get("ok")).toBe(1));
  const [record] = await records();
  expect(record).toMatchObject({
    face: "shadow",
    shadowOf: { id, row: 0 },
    version: 2,
    revision: 3,
    status: "ok",
    rows: 1,
    keys: ["k"],
    inputs: [],
    outputs: [{ name: "y", data: Float32Array.of(7) }],
  });
  expect(record!.id).not.toBe(id);
});

test("a failure of its own is on record", async () => {
  const fails = () => Promise.reject(new SlipwayError("model_failed", "No."));
  const { follow, ready, offer, state, records } = await open({ run: fails });
  follow(10_000);
  await ready();
  offer();
  await vi.waitFor(() => expect(state().counts.outcomes.get("model_failed")).toBe(1));
  expect(await records()).toMatchObject([{ status: "error", error: { code: "model_failed" }, outputs: [] }]);
});

test("draws by the id alone: who is drawn at a share is drawn at each larger one", async () => {
  const { follow, ready, offer, state, records } = await open({ limits: { queue: { rows: 1e6, bytes: 1e9 } } });
  follow(2_000);
  await ready();
  const few = Array.from({ length: 2000 }, () => offer());
  const drawn = state().counts.sampled;
  expect(drawn / 2000).toBeGreaterThan(0.16);
  expect(drawn / 2000).toBeLessThan(0.24);
  await vi.waitFor(() => expect(ended(state())).toBe(drawn));
  const first = new Set((await records()).map(({ shadowOf }) => shadowOf!.id));
  follow(6_000);
  // The copy stays, and so do its figures.
  expect(state()).toMatchObject({ share: 6_000, state: "ready", counts: { sampled: drawn } });
  expect(few.filter(({ id }) => first.has(id)).length).toBe(first.size);
});

test("passes over what was turned away, what a caller sent to a version, and what that version answered itself", async () => {
  const { shadows, follow, ready, offer, state } = await open();
  follow(10_000);
  await ready();
  offer(new SlipwayError("overloaded", "Later."));
  offer(new SlipwayError("cancelled", "Gone."));
  offer(null, { version: 1 });
  expect(state().counts.sampled).toBe(0);
  const journey = offer();
  shadows.offer({ ...journey, loaded: { version: versionOf(2), signature } } as unknown as Journey, null);
  offer(new SlipwayError("model_failed", "No."));
  expect(state().counts.sampled).toBe(2);
});

test("a version that never answers holds so much and no more, and says so; taking it away waits for nothing", async () => {
  const hang = () => new Promise<never>(() => {});
  const limits = { queue: { rows: 100, bytes: 2 ** 20 }, rowsAtOnce: 10 };
  const { follow, ready, offer, state, records } = await open({ run: hang, limits });
  follow(10_000);
  await ready();
  for (let i = 0; i < 150; i++) offer();
  expect(state().counts).toMatchObject({ sampled: 150, dropped: { queue: 50 } });
  offer(null, { bytes: 2 ** 21 });
  expect(state().counts.dropped.queue).toBe(51);
  const { counts } = state();
  follow(0);
  await vi.waitFor(() => expect(ended({ counts })).toBe(151));
  expect(counts.dropped.gone).toBe(100);
  expect(await records()).toEqual([]);
});

test("a deadline of its own: what is not over by then is dropped, and is no failure of the version", async () => {
  const hang = () => new Promise<never>(() => {});
  const { follow, ready, offer, state, records } = await open({ run: hang, limits: { longestMs: 50 } });
  follow(10_000);
  await ready();
  for (let i = 0; i < 5; i++) offer();
  await vi.waitFor(() => expect(state().counts.dropped.late).toBe(5));
  expect(state().waitingRows).toBe(0);
  expect(await records()).toEqual([]);
});

test("when the log is cut for an erase, nothing that was under way gets on record behind it", async () => {
  const waiting: (() => void)[] = [];
  const run: Replica["run"] = ([x]) => new Promise((resolve) => waiting.push(() => resolve([{ ...x!, name: "y" }])));
  const { follow, ready, offer, state, records, log } = await open({ run });
  follow(10_000);
  await ready();
  offer();
  await vi.waitFor(() => expect(waiting).toHaveLength(1));
  offer();
  await log.rotate();
  for (const answer of waiting.splice(0)) answer();
  await vi.waitFor(() => expect(state().counts.dropped.gone).toBe(2));
  expect(await records()).toEqual([]);
  // The next ones are as ever.
  offer();
  await vi.waitFor(() => expect(waiting).toHaveLength(1));
  waiting[0]!();
  await vi.waitFor(() => expect(state().counts.outcomes.get("ok")).toBe(1));
});

test("a version that does not load says why, is tried again, and meanwhile what is drawn is counted", async () => {
  const timers: { ms: number; task: () => void }[] = [];
  const clock: Clock = {
    ...systemClock,
    after: (ms, task) => {
      if (ms < 10_000) return systemClock.after(ms, task);
      timers.push({ ms, task });
      return () => {};
    },
  };
  let tries = 0;
  const acquire: Setup["acquire"] = (given) => async (version, settings) => {
    expect(settings).toMatchObject({ background: true, replicas: 1 });
    if (++tries < 3) throw new SlipwayError("parity_failed", "It answers otherwise here.");
    return given(version, settings);
  };
  const { follow, ready, offer, state } = await open({ clock, acquire });
  follow(10_000);
  offer();
  await vi.waitFor(() => expect(state()).toMatchObject({ state: "failed", failure: "It answers otherwise here." }));
  offer();
  expect(state().counts).toMatchObject({ sampled: 2, dropped: { loading: 1, failed: 1 } });
  timers.at(-1)!.task();
  await vi.waitFor(() => expect(timers.map(({ ms }) => ms)).toEqual([30_000, 60_000]));
  timers.at(-1)!.task();
  await ready();
  expect(state().failure).toBeNull();
});

test("one that is taken away while it loads is let go of when it is there", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const acquire: Setup["acquire"] = (given) => async (version, settings) => {
    await promise;
    return given(version, settings);
  };
  const { follow, serving, shadows } = await open({ acquire });
  follow(10_000);
  follow(0);
  expect(shadows.list("flights")).toEqual([]);
  resolve();
  await vi.waitFor(() => expect(serving.loaded()).toEqual([]));
  await serving.close();
});

test("the loop's time is bounded: when it is spent, requests are dropped without a look", async () => {
  let now = 0;
  const clock: Clock = { ...systemClock, monotonic: () => (now += 1) };
  const { follow, ready, offer, state } = await open({ clock, limits: { longestMs: 10_000 } });
  follow(10_000);
  await ready();
  // By this clock each look at it takes a millisecond, so that the work on one request is much more than its share.
  for (let round = 1; round <= 40; round++) {
    offer();
    await vi.waitFor(() => expect(ended(state())).toBe(round), { interval: 2 });
  }
  expect(state().counts.dropped.busy).toBeGreaterThan(10);
  expect(state().counts.outcomes.get("ok")).toBeGreaterThan(2);
});
