import { SlipwayError } from "@slipway/contract/errors";
import type { Signature, Tensor } from "@slipway/runtime";
import { createLogWriter, encodeRoute, segmentFile, type NewRecord } from "@slipway/runtime/log";
import { utimesSync } from "node:fs";
import { join } from "node:path";
import type { LakeDb } from "../../platform/lake/lake-db.ts";
import type { ImportAnswer, ImportTask } from "./import-job.ts";

export interface LogToWrite extends ImportAnswer, Pick<ImportTask, "endpoint" | "folder" | "tail"> {
  readonly signature: Signature;
  readonly stored: number;
  readonly onProgress: (message: string) => void;
}

/**
 * Writes the rows of `fresh` as an instance of the prediction log, as if a server had answered them then: segments are dated by
 * their rows, so that look-ups find them and retention takes them when their time has come.
 * @returns the instance, whole and marked as closed
 */
export async function writeLog(db: LakeDb, log: LogToWrite): Promise<string> {
  const { endpoint, folder, model, version, revision, signature, stored } = log;
  const inputs = signature.inputs.map((_, i) => `i${i}`);
  const outputs = signature.outputs.flatMap(({ shape }) =>
    shape.length > 1 ? Array.from({ length: shape[1]! }) : [0],
  );
  const columns = [
    "epoch_us(made_at) as made_at",
    "id::varchar as id",
    '"key"',
    ...inputs,
    ...outputs.map((_, i) => `o${i}`),
  ];
  const { chunks } = await db.stream(
    `select ${columns.join(", ")} from checked c join fresh f using (line) order by c.made_at, line`,
  );
  const writing = createWriting(log);
  let rows = 0;
  for await (const chunk of chunks) {
    writing.write(chunk, toRecords(signature, writing.route(chunk, { endpoint, model, version, revision })));
    rows += chunk.length;
    log.onProgress(`writing predictions: ${rows} of ${stored}`);
  }
  return writing.close(folder);
}

/** As `missingText` of the runtime. */
const missing = Uint8Array.of(0xff);

type Identity = Pick<LogToWrite, "endpoint" | "model" | "version" | "revision">;

function createWriting({ folder, tail }: LogToWrite) {
  let opened: ReturnType<typeof open> | null = null;
  let [from, last] = [0, 0];
  let route: Uint8Array = new Uint8Array(0);
  const begun: number[] = [];
  let problem: unknown = null;
  let flush = () => {};

  function open(instance: string) {
    const writer = createLogWriter({
      folder,
      instance,
      now: () => from,
      onError: (error) => (problem ??= error),
      onSegment: () => void begun.push(from),
      schedule: (task) => void (flush = task),
    });
    return { instance, writer };
  }

  return {
    /** What all records have in common. */
    route(chunk: readonly unknown[][], identity: Identity): Uint8Array {
      if (opened !== null) return route;
      opened = open(toInstance(Math.floor(Number(chunk[0]?.[0]) / 1000), tail));
      return (route = encodeRoute({ ...identity, instance: opened.instance, epoch: 0, digest: null }));
    },
    write(chunk: readonly unknown[][], toRecord: (row: readonly unknown[]) => NewRecord): void {
      from = Math.floor(Number(chunk[0]?.[0]) / 1000);
      last = Math.ceil(Number(chunk.at(-1)?.[0]) / 1000);
      let lost = 0;
      for (const row of chunk) opened?.writer.append(toRecord(row), {}, (logged) => (lost += logged ? 0 : 1));
      flush();
      if (lost > 0)
        throw new SlipwayError(
          "log_unavailable",
          "The predictions could not be written: the disk is full or fails. Nothing was imported; make room and import the file again.",
          { reason: String(problem) },
        );
    },
    async close(at: string): Promise<string> {
      if (opened === null) throw new RangeError("Nothing was written.");
      await opened.writer.close();
      begun.forEach((_, i) => {
        const until = (begun[i + 1] ?? last) / 1000;
        utimesSync(join(at, opened!.instance, segmentFile(i + 1)), until, until);
      });
      return opened.instance;
    },
  };
}

function toInstance(ms: number, tail: string): string {
  const time = ms.toString(16).padStart(12, "0");
  return `${time.slice(0, 8)}-${time.slice(8)}${tail}`;
}

const nothing = { parse: 0, queue: 0, run: 0, total: 0 } as const;

function toRecords(signature: Signature, route: Uint8Array): (row: readonly unknown[]) => NewRecord {
  const { inputs, outputs } = signature;
  return (row) => {
    let at = 3;
    const toTensor = ({ name, datatype, shape }: Signature["outputs"][number]): Tensor => {
      const count = shape[1] ?? 1;
      const values = row.slice(at, (at += count));
      const data =
        datatype === "BYTES"
          ? values.map((value) => (value === null ? missing : String(value)))
          : Float64Array.from(values, (value) => (value === null ? Number.NaN : Number(value)));
      return { name, datatype, shape: shape.length > 1 ? [1, count] : [1], data };
    };
    return {
      route,
      id: String(row[1]),
      at: Number(row[0]),
      status: "ok",
      rows: 1,
      pinned: false,
      face: "import",
      durations: nothing,
      batchRows: 1,
      ...(row[2] === null ? {} : { keys: [String(row[2])] }),
      inputs: inputs.map(toTensor),
      outputs: outputs.map(toTensor),
    };
  };
}
