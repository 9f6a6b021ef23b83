import type { MlflowImportClient } from "@slipway/sdk";
import type { Reporter } from "./report.ts";
import type { ArtifactOwner, ArtifactPlace, MlflowSource } from "./source.ts";

/** One import under way. */
export interface ImportJob {
  readonly source: MlflowSource;
  readonly target: MlflowImportClient;
  readonly reporter: Reporter;
  /** `leave`: files stay where they are, and their addresses with them. */
  readonly artifacts: "copy" | "leave";
  readonly dryRun: boolean;
  /** Compares everything anew, whatever earlier imports have said. */
  readonly full: boolean;
  readonly signal: AbortSignal;
  /** Tells what is being done; `done` of `all`, which may be unknown. */
  readonly show: (label: string, done: number, all: number | null) => void;
  /** Shows the same again, with the points and bytes that have come meanwhile. */
  readonly tick: () => void;
  /** Where the files of old addresses are now: of each run and logged model that was seen. */
  readonly places: Map<string, string>;
}

/** What is done with the files of one run or logged model. */
export interface FilePlan {
  /** The address that it keeps; null: files are here. */
  readonly uri: string | null;
  /** What is to be copied, if anything is. */
  readonly place: ArtifactPlace | null;
  /** Why the files stay where they are; null where they do not. */
  readonly why: string | null;
}

export async function planFiles(job: ImportJob, uri: string, owner: ArtifactOwner): Promise<FilePlan> {
  if (uri === "") return { uri: null, place: null, why: null };
  if (job.artifacts === "leave") {
    const kept = job.source.addressOf(uri);
    return { uri: kept, place: null, why: kept === null ? "behind the old server, which has no address" : null };
  }
  const place = await job.source.locate(uri, owner);
  if (place.kind === "readable") return { uri: null, place, why: null };
  const kept = job.source.addressOf(uri);
  return { uri: kept, place: null, why: place.why };
}
