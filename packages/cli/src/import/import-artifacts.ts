import { createHash } from "node:crypto";
import { eachOf } from "./batches.ts";
import type { FilePlan, ImportJob } from "./import-job.ts";
import type { CountedKind } from "./report.ts";
import type { ArtifactFile, ArtifactFiles } from "./source.ts";

export interface FileOwner {
  readonly kind: CountedKind;
  readonly id: string;
  /** `EXPERIMENT/RUN/artifacts` of the new server. */
  readonly folder: string;
  /** Nothing will come to its files, so one of the same size is taken for the same without reading it over a network. */
  readonly ended: boolean;
}

const filesAtOnce = 4;
/** Smaller ones are sent as a whole, with a length. */
const smallBytes = 1 << 20;

/** @returns whether all files are there now */
export async function importArtifacts(job: ImportJob, owner: FileOwner, { place, why }: FilePlan): Promise<boolean> {
  if (why !== null) job.reporter.left(why);
  if (place?.kind !== "readable") return true;
  const { files } = place;
  const here = new Map<string, Here>();
  if (!job.dryRun)
    for (const each of await job.target.artifacts(owner.folder, { signal: job.signal })) here.set(each.path, each);
  let whole = true;
  await eachOf(files.list(), filesAtOnce, async (file) => {
    job.signal.throwIfAborted();
    try {
      if (await isSame({ job, files, owner }, file, here.get(file.path))) return job.reporter.file("same", 0);
      if (!job.dryRun) await copy(job, files, { file, to: `${owner.folder}/${file.path}` });
      job.reporter.file("copied", file.size);
      job.tick();
    } catch (error) {
      if (job.signal.aborted || isFatal(error)) throw error;
      whole = false;
      const text = `the file ${file.path} was not copied: ${(error as Error).message}`;
      job.reporter.problem({ kind: "artifacts", id: owner.id, text });
    }
  });
  return whole;
}

interface Here {
  readonly sha256: string;
  readonly size: number;
}

interface Comparison {
  readonly job: ImportJob;
  readonly files: ArtifactFiles;
  readonly owner: FileOwner;
}

async function isSame({ job, files, owner }: Comparison, file: ArtifactFile, here: Here | undefined): Promise<boolean> {
  if (here?.size !== file.size) return false;
  if (owner.ended && !files.local && !job.full) return true;
  const hash = createHash("sha256");
  for await (const chunk of await files.open(file.path, job.signal)) hash.update(chunk);
  return hash.digest("hex") === here.sha256;
}

interface Copy {
  readonly file: ArtifactFile;
  readonly to: string;
}

async function copy(job: ImportJob, files: ArtifactFiles, { file, to }: Copy): Promise<void> {
  const stream = await files.open(file.path, job.signal);
  const body = file.size <= smallBytes ? await new Response(stream).bytes() : stream;
  await job.target.putArtifact(to, body, { signal: job.signal });
}

/** What ends the import: neither server can be reached any more. Anything else is about one file. */
export function isFatal(error: unknown): boolean {
  const { name, code } = error as { readonly name?: string; readonly code?: string };
  return (
    name === "ConnectionError" || code === "source_unavailable" || code === "unauthenticated" || code === "forbidden"
  );
}
