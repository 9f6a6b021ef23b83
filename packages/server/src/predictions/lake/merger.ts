import { SlipwayError } from "@slipway/contract";
import { join } from "node:path";
import type { LakeFile } from "./lake-file.ts";
import type { MergeInput } from "./merge-task.ts";
import type { LakeStats, LakeWriter } from "./prediction-lake.ts";

export interface MergerDeps {
  /** Of the lake. */
  readonly folder: string;
  readonly writer: LakeWriter;
  readonly stats: { -readonly [K in keyof LakeStats]: LakeStats[K] };
  readonly onStep: (step: string) => Promise<void>;
}

const module = new URL(`./merge-task${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url);

/** Makes one file of those of a group, which are of one partition. */
export function createMerger({ folder, writer, stats, onStep }: MergerDeps) {
  return async (group: readonly LakeFile[]): Promise<void> => {
    const first = group[0] as LakeFile;
    const tempPath = writer.tempPath();
    const input: MergeInput = { paths: group.map(({ path }) => join(folder, path)), tempPath };
    await onStep("merge");
    const { bytes, rows } = await writer.run<{ bytes: number; rows: number }>({ module, input });
    if (rows !== group.reduce((sum, file) => sum + file.rows, 0))
      throw new SlipwayError("internal", "Joined files of the lake do not have the rows of their parts.");
    const minAt = Math.min(...group.map((file) => file.minAt));
    const maxAt = Math.max(...group.map((file) => file.maxAt));
    const { kind, endpoint, signature, day } = first;
    const add = [{ kind, endpoint, signature, day, rows, bytes, minAt, maxAt, tempPath }];
    await writer.replaceFiles({ add, remove: group.map(({ id }) => id) });
    stats.merged += group.length;
  };
}
