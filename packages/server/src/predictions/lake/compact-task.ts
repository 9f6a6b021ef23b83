import type { Offset } from "@slipway/runtime/log";
import type { ColumnChunk } from "../../platform/lake/column-buffer.ts";
import type { LakeContext } from "../../platform/lake/lake-main.ts";
import { quoteText } from "../../platform/lake/quote.ts";
import type { LakeColumns } from "./columns.ts";
import type { Chunk } from "./decode/chunk.ts";
import { createLogDecoder, type LogDecoder, type Partition, type WantedVersion } from "./decode/log-decoder.ts";
import type { WrittenFile } from "./lake-file.ts";
import { parquetOptions, syncFile } from "./parquet-file.ts";

export interface CompactInput {
  /** Of the log. */
  readonly folder: string;
  readonly after: readonly Offset[];
  /** Bytes of the log for one task. */
  readonly budgetBytes: number;
  /** Where files go, with a name for each: `PREFIX-N.parquet`. */
  readonly temp: string;
  /** Asks `{ step }` before each step: for tests that stop it there. */
  readonly steps: boolean;
}

export interface CompactResult {
  readonly files: readonly WrittenFile[];
  readonly offsets: readonly Offset[];
  readonly damaged: number;
  /** There is more to do. */
  readonly more: boolean;
}

export type CompactQuestion = { readonly version: WantedVersion } | { readonly step: string };

/** Chunks that wait while others are written. */
const queueBytes = 64 * 2 ** 20;
const mostRows = 2 ** 21;

/** The log behind the offsets as Parquet files, one or more of each partition. */
export async function run(input: CompactInput, context: LakeContext): Promise<CompactResult> {
  const decoder = createLogDecoder(input);
  const files: WrittenFile[] = [];
  try {
    for (;;) {
      const wanted = decoder.wanted();
      if (wanted !== null) {
        const question: CompactQuestion = { version: wanted };
        decoder.learn(wanted, (await context.ask(question)) as LakeColumns | null);
        continue;
      }
      const partition = findLargest(decoder.partitions());
      const full = decoder.heldBytes() > queueBytes;
      if (partition !== null && (partition.ready.length > 0 || full))
        files.push(await writeFile({ input, context, decoder, partition, number: files.length }));
      else if (!decoder.step() && decoder.wanted() === null) break;
    }
    for (const partition of decoder.partitions())
      files.push(await writeFile({ input, context, decoder, partition, number: files.length }));
    if (input.steps) await context.ask({ step: "written" } satisfies CompactQuestion);
    return { files, offsets: decoder.offsets(), damaged: decoder.damaged(), more: decoder.more() };
  } finally {
    decoder.close();
  }
}

function findLargest(partitions: readonly Partition[]): Partition | null {
  const size = ({ ready, current }: Partition) => ready.length * 2048 + (current?.rows ?? 0);
  return partitions.reduce<Partition | null>((most, one) => (most && size(most) >= size(one) ? most : one), null);
}

interface Writing {
  readonly input: CompactInput;
  readonly context: LakeContext;
  readonly decoder: LogDecoder;
  readonly partition: Partition;
  readonly number: number;
}

async function writeFile({ input, context, decoder, partition, number }: Writing): Promise<WrittenFile> {
  const tempPath = `${input.temp}-${number}.parquet`;
  const { kind, columns, endpoint, day } = partition;
  const times = { minAt: Number.POSITIVE_INFINITY, maxAt: Number.NEGATIVE_INFINITY };
  let rows = 0;
  let given: Chunk | null = null;
  const name = `feed_${number}`;
  const next = (): ColumnChunk | null => {
    if (given !== null) decoder.giveBack(partition, given);
    given = rows >= mostRows ? null : takeChunk(decoder, partition);
    if (given === null) return null;
    rows += given.rows;
    times.minAt = Math.min(times.minAt, Math.floor(given.minAt));
    times.maxAt = Math.max(times.maxAt, Math.ceil(given.maxAt));
    return given;
  };
  context.db.feed(name, columns.columns, next);
  if (input.steps) await context.ask({ step: "file" } satisfies CompactQuestion);
  await context.db.exec(`COPY (SELECT * FROM ${name}()) TO ${quoteText(tempPath)} (${parquetOptions()})`);
  const bytes = syncFile(tempPath);
  return { kind, endpoint, signature: columns.signature, day, rows, bytes, ...times, tempPath };
}

/** The next full chunk of the partition, decoding on until there is one; the last one where nothing more comes. */
function takeChunk(decoder: LogDecoder, partition: Partition): Chunk | null {
  while (partition.ready.length === 0 && decoder.heldBytes() <= queueBytes) if (!decoder.step()) break;
  const ready = partition.ready.shift();
  if (ready !== undefined) return ready;
  const last = partition.current;
  partition.current = null;
  return last;
}
