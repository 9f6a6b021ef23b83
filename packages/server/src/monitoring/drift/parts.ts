import type { BlobStore } from "../../platform/blobs/index.ts";
import type { PredictionLake } from "../../predictions/index.ts";
import { toSlices } from "../profiles/index.ts";
import type { Reference } from "../reference/reference.ts";
import type { MonitorSettings } from "../settings.ts";
import type { JudgedPart, ListParts } from "./judged-part.ts";
import type { MadePart, PartsJob } from "./parts-job.ts";

export interface PartsDeps {
  readonly blobs: Pick<BlobStore, "path" | "hold">;
  readonly lake: Pick<PredictionLake, "read">;
}

const script = new URL(`./parts-task${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url);
/** Kept in memory: of so many references. */
const mostKept = 100;

/** Learned in the process of the lake from the sample of the reference, once for each reference and its settings, and kept in memory. */
export function createParts({ blobs, lake }: PartsDeps): ListParts {
  const kept = new Map<string, Promise<readonly JudgedPart[]>>();

  async function make(reference: Reference, settings: MonitorSettings, key: string): Promise<readonly JudgedPart[]> {
    const slices = toSlices(settings.slices, reference.profile);
    if (slices.length === 0) return [];
    const { sha256 } = reference.sample;
    const hold = await blobs.hold([sha256]);
    try {
      const job: PartsJob = {
        path: blobs.path(sha256),
        columns: reference.plan.columns,
        slices,
        windowMs: settings.windowMs,
        season: settings.season,
      };
      const made = await lake.read<MadePart[]>({ module: script, input: job });
      return made.map(({ slice, column, profile, calibration }) => ({
        slice,
        ignore: column,
        key: JSON.stringify([key, slice]),
        profile,
        calibration,
      }));
    } finally {
      hold.release();
    }
  }

  return (reference, settings) => {
    const key = JSON.stringify([reference.id, settings.slices, settings.windowMs, settings.season]);
    const known = kept.get(key);
    if (known !== undefined) return known;
    const made = make(reference, settings, key);
    kept.set(key, made);
    made.catch(() => kept.delete(key));
    for (const oldest of [...kept.keys()].slice(0, Math.max(0, kept.size - mostKept))) kept.delete(oldest);
    return made;
  };
}
