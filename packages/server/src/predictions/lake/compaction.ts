import type { Signature } from "@slipway/runtime";
import { compareOffsets } from "@slipway/runtime/log";
import type { Logger } from "../../kernel/logger.ts";
import type { LakeColumns } from "./columns.ts";
import type { CompactInput, CompactQuestion, CompactResult } from "./compact-task.ts";
import type { LakeFiles } from "./lake-files.ts";
import type { LakeChange, LakeStats, LakeWriter } from "./prediction-lake.ts";
import { toColumns } from "./to-columns.ts";

export interface CompactionDeps {
  readonly logFolder: string;
  readonly writer: LakeWriter;
  readonly files: LakeFiles;
  readonly stats: { -readonly [K in keyof LakeStats]: LakeStats[K] };
  /** Also of deleted versions; null where there never was one. */
  readonly findSignature: (model: string, version: number) => Promise<Signature | null>;
  readonly budgetBytes?: number;
  readonly onCompacted?: LakeChange["within"];
  readonly onStep: (step: string) => Promise<void>;
  readonly logger: Logger;
}

/** The lake's own name among the readers of the log. */
export const lakeConsumer = "lake";
const module = new URL(`./compact-task${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url);

/** Brings one stretch of the log into the lake; false when that was all. */
export function createCompaction(deps: CompactionDeps): () => Promise<boolean> {
  const { writer, files, stats, onStep, logger } = deps;
  const columnsOf = createColumnCache(deps.findSignature);

  async function answer(question: unknown): Promise<LakeColumns | null> {
    const asked = question as CompactQuestion;
    if ("version" in asked) return columnsOf(asked.version.model, asked.version.version);
    await onStep(asked.step);
    return null;
  }

  return async () => {
    const after = await files.store.listOffsets(lakeConsumer);
    const input: CompactInput = {
      folder: deps.logFolder,
      after,
      budgetBytes: deps.budgetBytes ?? 256 * 2 ** 20,
      temp: files.tempPath(),
      steps: files.isWatched,
    };
    const result = await writer.run<CompactResult>({ module, input }, { onAsk: answer });
    const known = new Map(after.map((offset) => [offset.instance, offset]));
    const offsets = result.offsets.filter((offset) => {
      const before = known.get(offset.instance);
      return before === undefined || compareOffsets(before, offset) !== 0;
    });
    if (offsets.length > 0 || result.files.length > 0)
      await writer.replaceFiles({
        add: result.files,
        offsets: { consumer: lakeConsumer, offsets },
        ...(deps.onCompacted && { within: deps.onCompacted }),
      });
    stats.rows += result.files.reduce((sum, file) => sum + file.rows, 0);
    stats.files += result.files.length;
    stats.damaged += result.damaged;
    if (result.damaged > 0)
      logger.warn({ records: result.damaged }, "damaged records of the prediction log are not in the lake");
    return result.more;
  };
}

function createColumnCache(find: CompactionDeps["findSignature"]) {
  const known = new Map<string, LakeColumns>();
  return async (model: string, version: number): Promise<LakeColumns | null> => {
    const key = `${model}@${version}`;
    const columns = known.get(key);
    if (columns !== undefined) return columns;
    const signature = await find(model, version);
    if (signature === null) return null;
    const made = toColumns(signature);
    known.set(key, made);
    return made;
  };
}
