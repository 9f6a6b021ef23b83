import { join } from "node:path";
import type { LakeRunOptions, LakeTask } from "../../platform/lake/index.ts";
import { createId } from "../../kernel/ids.ts";
import type { Transaction } from "../../platform/sql/index.ts";
import type { LakeFile, WrittenFile } from "../lake/lake-file.ts";
import type { LakeWriter, PredictionLake } from "../lake/prediction-lake.ts";
import type { KeepInput, LabelTask, LakePaths, WrittenFile as WrittenLabels } from "./label-tasks.ts";
import { removeLabels, type LabelStore, type LabelTables } from "./store.ts";

const script = new URL(`./label-tasks${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url);

/** Labels of one task at most; more go in several. */
const batch = 20_000;
/** Files with fewer rows are joined when there are so many of them. */
const smallRows = 100_000;
const joinFiles = 8;

export function toTask(input: LabelTask): LakeTask {
  return { module: script, input };
}

/** Absolute. */
export function toPaths(folder: string, files: readonly LakeFile[]): LakePaths {
  const of = (kind: LakeFile["kind"]) =>
    files.filter((file) => file.kind === kind).map((file) => join(folder, file.path));
  return { predictions: of("predictions"), labels: of("labels") };
}

/** Where a file of labels belongs. `v1`: the version of its columns. */
export function toLabelFile(
  endpoint: string,
  { tempPath, written }: { tempPath: string; written: NonNullable<WrittenLabels> },
): WrittenFile {
  const day = new Date(written.minAt).toISOString().slice(0, 10);
  return { kind: "labels", endpoint, signature: "v1", day, tempPath, ...written };
}

/** The id of a label: a UUIDv7 of when it was received, so that the order of ids is that of receipt. */
export function createLabelId(receivedAt: number): string {
  const time = receivedAt.toString(16).padStart(12, "0");
  return `${time.slice(0, 8)}-${time.slice(8)}${createId().slice(13)}`;
}

/** The first 24 characters of such an id, to which a task adds its own count. */
export function createIdPrefix(receivedAt: number): string {
  return createLabelId(receivedAt).slice(0, 24);
}

/** A task that reads files of an endpoint, which stay meanwhile. */
export function readLabels<T>(
  lake: PredictionLake,
  endpoint: string,
  { toInput, ...options }: LakeRunOptions & { readonly toInput: (paths: LakePaths) => LabelTask },
): Promise<T> {
  return lake.withFiles({ endpoint }, (files) => lake.read<T>(toTask(toInput(toPaths(lake.folder, files))), options));
}

/**
 * Moves labels that wait in SQL into files: the file is listed in the transaction that takes them out of SQL, so each label
 * is in one of the two places at every moment.
 */
export async function moveIntoLake(store: LabelStore, lake: PredictionLake, writer: LakeWriter): Promise<void> {
  for (const endpoint of await store.endpoints())
    for (;;) {
      const labels = await store.list(endpoint, batch);
      if (labels.length === 0) break;
      const files = await writer.listFiles({ kind: "labels", endpoint });
      const small = files.filter((file) => file.rows < smallRows);
      const merge = small.length < joinFiles ? [] : small;
      const place = (some: readonly LakeFile[]) => toPaths(lake.folder, some).labels;
      const path = writer.tempPath();
      const input: KeepInput = { kind: "keep", labels, files: place(files), merge: place(merge), path };
      const written = await writer.run<WrittenLabels>(toTask(input));
      await writer.replaceFiles({
        remove: merge.map((file) => file.id),
        add: written === null ? [] : [toLabelFile(endpoint, { tempPath: path, written })],
        within: (trx) =>
          removeLabels(
            trx as unknown as Transaction<LabelTables>,
            labels.map((label) => label.id),
          ),
      });
    }
}
