import type { Device, Placement } from "@slipway/runtime";
import type { ModelVersion } from "../registry/index.ts";

export interface BatchingSettings {
  /** Most rows of a run. Left out: what the server allows and the latency budget leaves. */
  readonly maxRows?: number;
  /** How long a request may wait for others where nothing else holds it up. Left out: not at all. */
  readonly maxDelayMs?: number;
  /** Rows that may wait; more are refused. Left out: as many as can be answered in time, at most 65,536. */
  readonly maxQueue?: number;
}

/** How a version is brought into memory. */
export interface LoadSettings {
  /** Copies; a model in the event loop's thread has one. */
  readonly replicas: number;
  /** Left out: the version's own. */
  readonly placement?: Placement;
  /** Of one run inside of the runtime. Left out: 1. */
  readonly threads?: number;
  /** Left out: the CPU. */
  readonly device?: Device;
  /** Left out: what the batcher learns. Null: each request runs by itself. */
  readonly batching?: BatchingSettings | null;
}

export function toPlacement(version: ModelVersion, { placement }: LoadSettings): Placement {
  return placement ?? version.placement;
}

/** The same text for the same copy in memory, so that endpoints with the same settings share it. */
export function toLoadKey(version: ModelVersion, settings: LoadSettings): string {
  const { threads = 1, device = "cpu", batching = {} } = settings;
  const placement = toPlacement(version, settings);
  const replicas = placement === "thread" ? 1 : settings.replicas;
  const { maxRows, maxDelayMs, maxQueue } = batching ?? {};
  const limits = batching === null ? "alone" : [maxRows, maxDelayMs, maxQueue].map((limit) => limit ?? "").join(",");
  return [version.id, placement, replicas, threads, device, limits].join("/");
}
