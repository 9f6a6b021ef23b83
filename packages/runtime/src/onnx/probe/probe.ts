import { SlipwayError } from "@slipway/contract/errors";
import { existsSync } from "node:fs";
import { open, readFile } from "node:fs/promises";
import { join, posix } from "node:path";
import { describeSession, onnxPlatform, requireTensorPorts } from "../describe.ts";
import { readModelProto, type ModelProto } from "../model-proto.ts";
import { openSession, type OnnxSession } from "../session.ts";
import { WireError } from "../wire.ts";
import { removeZipMaps } from "../zipmap.ts";
import { loadOrt } from "../ort.ts";
import { measure } from "./measure.ts";
import { threadLimits } from "./placement.ts";
import type { ProbeReport, ProbeRequest } from "./report.ts";

/** What the probe does at the moment; the parent names it where the child does not come back. */
export type ProbeStage = "reading" | "opening" | "running";

/**
 * Opens a file that nobody vouches for, describes it, tries it and measures it. To be run in a process that may be lost: a
 * file can make ONNX Runtime abort, loop or eat memory.
 * @throws SlipwayError `invalid_model`
 */
export async function run(request: ProbeRequest, onStage: (stage: ProbeStage) => void): Promise<ProbeReport> {
  onStage("reading");
  const file = await prepare(request);
  onStage("opening");
  const { session, createMs } = await openTimed(join(request.folder, file.path));
  const guess = describeSession(session.inputs, session.outputs, request.path);
  onStage("running");
  const { signature, runs, unmeasured, notes } = await measure(session, guess, request);
  return {
    description: { signature, platform: onnxPlatform },
    path: file.path,
    createMs,
    runs,
    unbounded: file.unbounded,
    unmeasured,
    rssBytes: process.memoryUsage.rss(),
    classes: Object.fromEntries(file.classes),
    externalFiles: file.externalFiles,
    metadata: Object.fromEntries(file.metadata),
    notes: [...file.notes, ...notes],
  };
}

/** Reads the file itself: refuses what cannot be served, finds its other files, takes a ZipMap out. */
async function prepare({ folder, path, rewriteTo }: ProbeRequest) {
  const bytes = await readFile(join(folder, path));
  const model = requireModel(bytes, path);
  const externalFiles = requireExternalFiles(folder, path, model.externalFiles);
  const facts = { externalFiles, metadata: model.metadata, unbounded: findUnbounded(model) };
  const removal = removeZipMaps(bytes, model);
  if (removal === null) {
    requireTensorPorts(model, path);
    return { ...facts, path, classes: new Map<string, readonly string[]>(), notes: [] };
  }
  requireTensorPorts({ ...model, outputs: model.outputs.filter((output) => !removal.classes.has(output.name)) }, path);
  await using target = await open(join(folder, rewriteTo), "wx");
  await target.writev(removal.pieces as Uint8Array[]);
  const outputs = [...removal.classes.keys()].map((name) => JSON.stringify(name)).join(", ");
  const note = `The ZipMap of the output ${outputs} was taken out: it gives probabilities as a tensor now, with the class labels kept.`;
  return { ...facts, path: rewriteTo, classes: removal.classes, notes: [note] };
}

/** In the graph and in the functions that the model brings along. `If` counts as well: what it hides in its branches is not looked into. */
export function findUnbounded({ nodes, functionNodes }: Pick<ModelProto, "nodes" | "functionNodes">): string[] {
  const found = [...nodes, ...functionNodes]
    .map((node) => node.opType)
    .filter((type) => type === "Loop" || type === "Scan" || type === "If");
  return [...new Set(found)];
}

function requireModel(bytes: Buffer, path: string): ModelProto {
  try {
    const model = readModelProto(bytes);
    if (model !== null && model.outputs.length > 0) return model;
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
  }
  throw new SlipwayError("invalid_model", `${path} is not an ONNX file${guessFormat(bytes)}`, { file: path });
}

/** What else the first bytes may be, with what to do about it. */
function guessFormat(bytes: Buffer): string {
  const head = bytes.subarray(0, 64).toString("latin1");
  if (bytes.length === 0) return ": it is empty. Export and upload it again.";
  if (head.startsWith("version https://git-lfs")) return ", but a Git LFS pointer. Run `git lfs pull` first.";
  if (head.startsWith("\x80"))
    return ", but a Python pickle. Export the model to ONNX (skl2onnx, onnxmltools, torch.onnx).";
  if (head.startsWith("PK"))
    return ", but a zip archive, as PyTorch saves them. Export the model with torch.onnx.export.";
  if (head.startsWith("\x89HDF")) return ", but HDF5, as Keras saves it. Export the model with tf2onnx.";
  if (/^\s*[{<[]/.test(head)) return ", but text. Export the model to ONNX.";
  return ", or is cut off. Export and upload it again.";
}

/** Paths below the folder. ONNX looks for them from the folder of the model file. */
function requireExternalFiles(folder: string, path: string, locations: readonly string[]): string[] {
  const found = locations.map((location) => {
    const file = posix.join(posix.dirname(path), location);
    if (posix.isAbsolute(location) || file.startsWith("../") || location.includes("\\"))
      throw new SlipwayError(
        "invalid_model",
        `${path} keeps weights in ${JSON.stringify(location)}, outside of its own folder. Save it with its data beside it.`,
        { file: path, external: location },
      );
    return file;
  });
  const missing = found.filter((file) => !existsSync(join(folder, file)));
  if (missing.length > 0)
    throw new SlipwayError(
      "invalid_model",
      `${path} keeps weights in other files, of which ${missing.join(", ")} ${missing.length === 1 ? "is" : "are"} missing. Deploy the folder that holds them all.`,
      { file: path, missing_files: missing },
    );
  return found;
}

/**
 * The best of a few, the library being loaded: what opening takes when nothing else keeps the machine busy. A model that
 * takes long anyway is opened once or twice.
 */
async function openTimed(path: string): Promise<{ session: OnnxSession; createMs: number }> {
  const budgetMs = 500;
  await loadOrt();
  const startedAt = performance.now();
  let createMs = Number.POSITIVE_INFINITY;
  for (let opened = 1; ; opened++) {
    const start = performance.now();
    const session = await openSession(path, { threads: 1 });
    const now = performance.now();
    createMs = Math.min(createMs, now - start);
    const isFast = opened >= 4 && createMs <= threadLimits.createMs;
    if (isFast || opened === 12 || now - startedAt > budgetMs) return { session, createMs };
    await session.release();
  }
}
