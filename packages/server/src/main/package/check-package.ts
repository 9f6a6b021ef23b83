import { join } from "node:path";
import { readFile, stat } from "node:fs/promises";
import { parseDuration, parseSize, SlipwayError, type Manifest, type ManifestProblem } from "@slipway/contract";
import { decodeExamples, examplesFile } from "@slipway/runtime";
import { systemClock } from "../../kernel/clock.ts";
import { silentLogger } from "../../kernel/logger.ts";
import {
  createPackaging,
  parseManifestText,
  toTrainedAt,
  versionDigest,
  type PackagedModel,
} from "../../packaging/index.ts";
import { toManifestSettings } from "../../endpoints/index.ts";
import { createLake } from "../../platform/lake/index.ts";
import { proveModel, requirePlacement, toPlacement, type LoadSettings } from "../../serving/index.ts";
import { judgeAge, judgeDigest, judgeLatency, judgeMemory, judgeParity, judgeSignature } from "./judge.ts";
import { openReplica, packageRuntimes } from "./open-replica.ts";
import { measureLatency } from "./measure-latency.ts";
import type { PackageFinding } from "./package-finding.ts";
import { addFiles, hashOf, openPackage, type PackageFile } from "./open-package.ts";

export interface CheckPackageRequest {
  readonly files: readonly PackageFile[];
  /** The model file, among `files`. */
  readonly entry: string;
  /** The text of slipway.yaml; null where there is none. */
  readonly manifest: string | null;
  /** The digest that a deploy has to give; null where any is right. */
  readonly expect: string | null;
  /** Finds files beside the model that it turned out to need; null where one is not there. */
  readonly findFiles: (names: readonly string[]) => Promise<readonly PackageFile[] | null>;
  readonly signal?: AbortSignal;
  /** Told what happens now, as a sentence. */
  readonly onProgress?: (message: string) => void;
}

export interface CheckedPackage {
  readonly findings: readonly PackageFinding[];
  /** What a deploy gives it, SHA-256 in hex; null where it could not be looked at. */
  readonly digest: string | null;
}

/** Rows of a run of a server that is configured as it comes. */
const batchRows = 256;

/**
 * Tries on this machine what a deploy would: the manifest, the file in a child process, the signature, the recorded examples where
 * they would be answered, time and memory against the budgets, the age. Nothing is written.
 * @throws SlipwayError `cancelled`
 */
export async function checkPackage(request: CheckPackageRequest): Promise<CheckedPackage> {
  const findings: PackageFinding[] = [];
  let manifest: Manifest | null = null;
  try {
    manifest = request.manifest === null ? null : parseManifestText(request.manifest);
    findings.push(judgeManifest(manifest));
  } catch (error) {
    return { findings: [...findings, failed("manifest", error)], digest: null };
  }
  return openPackage(request.files, async (folder) => {
    const looked = await look(request, { folder, manifest });
    if ("finding" in looked) return { findings: [...findings, looked.finding], digest: null };
    const { packaged, files } = looked;
    findings.push(...(await describeFiles(files, packaged)), judgeSignature(packaged));
    const found = await tryOut(request, { folder, packaged, manifest });
    const digest = versionDigest(
      await Promise.all(files.map(async ({ path }) => ({ path, sha256: await hashOf(join(folder, path)) }))),
      packaged.modelSection,
    );
    const memory = manifest?.serve?.memory;
    const age = manifest?.serve?.max_training_age;
    findings.push(
      ...found,
      judgeMemory(packaged.report.rssBytes, memory === undefined ? null : parseSize(memory)),
      judgeAge(toTrainedAt(packaged.modelSection), {
        mostMs: age === undefined ? null : parseDuration(age),
        now: systemClock.now(),
      }),
      judgeDigest(digest, request.expect),
    );
    return { findings, digest };
  });
}

function judgeManifest(manifest: Manifest | null): PackageFinding {
  if (manifest?.model !== undefined)
    return { check: "manifest", state: "ok", message: `it is a manifest of ${manifest.name}` };
  const what = manifest === null ? "there is no slipway.yaml" : "slipway.yaml has no section `model`";
  return { check: "manifest", state: "warning", message: `${what}; \`slipway init\` drafts one` };
}

interface Looked {
  readonly packaged: PackagedModel;
  readonly files: readonly PackageFile[];
}

/** Has a child process open the file, again with the files that it turned out to need. */
async function look(
  request: CheckPackageRequest,
  { folder, manifest }: { folder: string; manifest: Manifest | null },
): Promise<Looked | { finding: PackageFinding }> {
  const { entry, signal, onProgress } = request;
  const lake = createLake({ memoryBytes: 2 ** 30, threads: 2, idleMs: 1000, clock: systemClock, logger: silentLogger });
  const packaging = createPackaging({ lake, python: packageRuntimes().python });
  let files = request.files;
  try {
    for (;;) {
      try {
        const options = { ...(signal && { signal }), ...(onProgress && { onProgress }) };
        return { packaged: await packaging.inspect({ folder, path: entry, manifest, ...options }), files };
      } catch (error) {
        const added = await findMissing(request, error);
        if (added === null) return { finding: failed(checkOf(error), error) };
        await addFiles(added, folder);
        files = [...files, ...added];
      }
    }
  } finally {
    await lake.close();
  }
}

async function findMissing(request: CheckPackageRequest, error: unknown): Promise<readonly PackageFile[] | null> {
  const names: unknown = SlipwayError.is(error) ? error.details["missing_files"] : undefined;
  if (!Array.isArray(names)) return null;
  const added = await request.findFiles(names.map(String));
  return added === null || added.length === 0 ? null : added;
}

/** Which of the checks an error of a deploy belongs to. @throws what belongs to none */
function checkOf(error: unknown): string {
  if (!SlipwayError.is(error) || error.code === "cancelled") throw error;
  if (error.code === "invalid_model") return "model";
  if (error.code === "invalid_file") return "examples";
  const problems = (error.details["problems"] ?? []) as readonly ManifestProblem[];
  return problems.some(({ path }) => /^model\.(examples|training)/.test(path)) ? "manifest" : "signature";
}

function failed(check: string, error: unknown): PackageFinding {
  if (!SlipwayError.is(error)) throw error;
  return { check, state: "failed", message: error.message, details: error.details };
}

async function describeFiles(
  files: readonly PackageFile[],
  { report, notes, made }: PackagedModel,
): Promise<PackageFinding[]> {
  const sizes = await Promise.all(files.map(async ({ absolute }) => (await stat(absolute)).size));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const names = files.map(({ path }) => path).join(", ");
  const doubtful = report.unmeasured !== null || (notes.length > 1 && made.length === 0);
  return [
    { check: "files", state: "ok", message: `${names} (${(total / 1024).toFixed(1)} KiB)` },
    { check: "model", state: doubtful ? "warning" : "ok", message: notes.join(" ") },
  ];
}

interface Opened {
  readonly folder: string;
  readonly packaged: PackagedModel;
  readonly manifest: Manifest | null;
}

function judgePlacement(packaged: PackagedModel, settings: LoadSettings): PackageFinding {
  try {
    requirePlacement("the model", packaged, settings);
  } catch (error) {
    return failed("placement", error);
  }
  const { replicas, threads = 1, device = "cpu" } = settings;
  const placement = toPlacement(packaged, settings);
  const copies = placement === "thread" || replicas === 1 ? "one copy" : `${replicas} copies`;
  const each = `${threads === 1 ? "one thread" : `${threads} threads`} a run, on ${device}`;
  return { check: "placement", state: "ok", message: `${placement}: ${copies}, ${each}` };
}

function isOfDevice(error: unknown): boolean {
  return SlipwayError.is(error) && error.details["device"] !== undefined;
}

/** What only a run shows: the recorded answers, and how long it takes. */
async function tryOut(
  { signal, onProgress }: CheckPackageRequest,
  { folder, packaged, manifest }: Opened,
): Promise<PackageFinding[]> {
  const { signature, placement, report, examples } = packaged;
  const settings = toManifestSettings(manifest);
  const placed = judgePlacement(packaged, settings);
  if (placed.state === "failed") return [placed];
  const { program, entry } = packaged;
  const place = { what: "the model", folder, entry, program, signature, placement, report, settings };
  const subject = { ...place, hasExamples: examples !== null };
  const deps = { findRuntime: packageRuntimes().find, clock: systemClock, batchRows, loadTimeoutMs: 120_000 };
  const found: PackageFinding[] = [placed];
  try {
    onProgress?.("answering the examples");
    const { parity } = await proveModel(deps, subject, signal);
    found.push(judgeParity(parity));
  } catch (error) {
    signal?.throwIfAborted();
    return [placed, failed(isOfDevice(error) ? "placement" : "examples", error)];
  }
  onProgress?.("taking the time");
  const replica = await openReplica({ folder, packaged, settings }, signature);
  try {
    const recorded = examples === null ? null : decodeExamples(await readFile(join(folder, examplesFile)));
    const timeout = manifest?.serve?.timeout ?? "30s";
    const latencies = await measureLatency(replica, signature, { examples: recorded, batchRows });
    found.push(judgeLatency(latencies, { timeout, timeoutMs: parseDuration(timeout) }));
  } catch (error) {
    if (!SlipwayError.is(error)) throw error;
    const message = `it fails on made-up rows, so no time was taken: ${error.message} Ranges or examples in slipway.yaml help.`;
    found.push({ check: "latency", state: "warning", message });
  } finally {
    await replica.close();
  }
  return found;
}
