import { SlipwayError, suggestion } from "@slipway/contract";
import type { Placement, ProbeReport, Signature } from "@slipway/runtime";
import { toTrainedAt } from "../packaging/index.ts";
import { findBreakingChanges } from "./compatibility.ts";
import type { EndpointSpec } from "./endpoint.ts";

/** What of a version the gates look at; it need not be registered yet. */
export interface GatedVersion {
  /** `flight-delay@2`, or what is about to become one. */
  readonly what: string;
  readonly signature: Signature;
  readonly modelSection: object | null;
  readonly report: object | null;
}

export interface GateRequest {
  readonly version: GatedVersion;
  /** The state that the endpoint is about to have. */
  readonly spec: EndpointSpec;
  /** What its callers call now; null where nothing serves. */
  readonly serving: GatedVersion | null;
  readonly allowBreaking: boolean;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/**
 * Whether a version may take the traffic of an endpoint, as far as that can be told without running it.
 * @throws SlipwayError `precondition_failed` (memory), `training_too_old`, `breaking_change`
 */
export function checkGates(request: GateRequest): void {
  checkMemory(request);
  checkTrainingAge(request);
  checkCompatibility(request);
}

function checkMemory({ version, spec }: GateRequest): void {
  const limit = spec.serve.memoryBytes;
  const used = (version.report as ProbeReport | null)?.rssBytes;
  if (limit === undefined || used === undefined || used <= limit) return;
  throw new SlipwayError(
    "precondition_failed",
    `${version.what} took ${toMiB(used)} in a process of its own, and serve.memory allows ${toMiB(limit)}. Make the model smaller, or raise serve.memory.`,
    { memory_bytes: used, limit_bytes: limit },
  );
}

/** @throws SlipwayError `training_too_old` */
export function checkTrainingAge({ version, spec, now }: Pick<GateRequest, "version" | "spec" | "now">): void {
  const limit = spec.serve.maxTrainingAgeMs;
  if (limit === undefined) return;
  const trainedAt = toTrainedAt(version.modelSection);
  if (trainedAt === null)
    throw new SlipwayError(
      "training_too_old",
      `${version.what} does not say when it was trained, and serve.max_training_age wants to know. Write model.training.at into slipway.yaml.`,
      { limit_ms: limit },
    );
  const age = now - trainedAt;
  if (age <= limit) return;
  throw new SlipwayError(
    "training_too_old",
    `${version.what} was trained ${toDays(age)} ago (${toDate(trainedAt)}), and serve.max_training_age allows ${toDays(limit)}. Train it again, or raise serve.max_training_age.`,
    { trained_at: new Date(trainedAt).toISOString(), age_ms: age, limit_ms: limit },
  );
}

/** @throws SlipwayError `breaking_change` */
export function checkCompatibility({ version, spec, serving, allowBreaking }: Omit<GateRequest, "now">): void {
  if (serving === null || allowBreaking) return;
  const { key, fields } = spec.log;
  const accepted = new Set(key === null ? fields : [...fields, key]);
  const changes = findBreakingChanges(serving.signature, version.signature, accepted);
  if (changes.length === 0) return;
  const list = changes.map(({ message }) => `  ${message}`).join("\n");
  throw new SlipwayError(
    "breaking_change",
    `${version.what} would break callers of ${serving.what}, which serves now:\n${list}\nTell the callers first and allow it then (--allow-breaking), or serve it at another endpoint (--endpoint).`,
    { serving: serving.what, changes },
  );
}

/** What an endpoint serves at present. */
export interface Served {
  readonly version: GatedVersion;
  readonly placement: Placement;
  /** Copies that are alive, of so many; why one is not. */
  readonly ready: number;
  readonly total: number;
  readonly trouble: string | null;
}

/** What is not right with what an endpoint serves, though it goes on; sentences. `now`: milliseconds since 1970. */
export function toWarnings(
  spec: EndpointSpec,
  serving: Served | null,
  { now, cores }: { readonly now: number; readonly cores: number },
): string[] {
  if (serving === null) return [];
  const { version, placement } = serving;
  return [
    ...warnOfDeaths(serving),
    ...warnOfAge(spec, version, now),
    ...warnOfCores(spec, placement, cores),
    ...warnOfColumns(spec, version),
  ];
}

/** A slice of a column that does not exist is never there, and nobody would miss it. */
function warnOfColumns({ monitor }: EndpointSpec, { what, signature }: GatedVersion): string[] {
  if (monitor === "off") return [];
  const known = [...signature.inputs, ...signature.outputs].map(({ name }) => name);
  const named: readonly (readonly [section: string, columns: readonly string[]])[] = [
    ["monitor.slices", (monitor.slices ?? []).map((slice) => (typeof slice === "string" ? slice : slice.column))],
    ["monitor.groups", monitor.groups ?? []],
    ["monitor.drift.ignore", monitor.drift?.ignore ?? []],
  ];
  return named.flatMap(([section, columns]) =>
    columns
      .filter((column) => !known.some((name) => column === name || column.startsWith(`${name}_p_`)))
      .map((column) => `${section} names ${column}, which ${what} does not have.${suggestion(column, known)}`),
  );
}

function warnOfDeaths({ ready, total, trouble }: Served): string[] {
  if (ready === total) return [];
  return [
    `${total - ready} of ${total === 1 ? "1 copy does" : `${total} copies do`} not serve. ${trouble ?? ""}`.trim(),
  ];
}

/** More runs at a time than cores make each of them slower, and none of them sooner. */
function warnOfCores({ serve }: EndpointSpec, placement: Placement, cores: number): string[] {
  const { threads = 1 } = serve;
  const replicas = placement === "thread" ? 1 : serve.replicas;
  if (serve.device === "cuda" || replicas * threads <= cores) return [];
  return [
    `serve.replicas (${replicas}) times serve.threads (${threads}) is ${replicas * threads}, and this machine has ${cores} cores: runs get in each other's way. Lower one of them.`,
  ];
}

function warnOfAge(spec: EndpointSpec, serving: GatedVersion, now: number): string[] {
  const limit = spec.serve.maxTrainingAgeMs;
  const trainedAt = toTrainedAt(serving.modelSection);
  if (limit === undefined) return [];
  if (trainedAt === null)
    return [`${serving.what} does not say when it was trained, so serve.max_training_age cannot be held.`];
  if (now - trainedAt <= limit) return [];
  return [
    `${serving.what} was trained ${toDays(now - trainedAt)} ago (${toDate(trainedAt)}), beyond serve.max_training_age (${toDays(limit)}).`,
  ];
}

function toMiB(bytes: number): string {
  return `${Math.ceil(bytes / 2 ** 20)} MiB`;
}

function toDays(ms: number): string {
  const days = ms / 86_400_000;
  if (days >= 2) return `${Math.floor(days)} days`;
  return `${(ms / 3_600_000).toPrecision(2)} hours`;
}

function toDate(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
