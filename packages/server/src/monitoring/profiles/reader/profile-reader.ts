import {
  createFieldReader,
  createLogSource,
  createRecordFields,
  createTensorPlaces,
  type LogBytes,
  type LogSource,
  readTensorPlaces,
  type RecordFields,
  type Route,
  type TensorPlaces,
} from "@slipway/runtime/log";
import { wholeTraffic, windowAt } from "../../watched.ts";
import { createFlush } from "./flush-lane.ts";
import type { Lane } from "./lane.ts";
import { createLanes, type Known, type Lanes } from "./lanes.ts";
import type { Ask, ReadOrder, ReadResult } from "./messages.ts";
import { createMinutes, type Minutes } from "./minutes.ts";
import { createOpenProfiles, type OpenProfiles, toStored } from "./open-profiles.ts";

/** Reads what is behind the offsets and commits what it makes of it. */
export interface ProfileReader {
  /** After an error what it holds is not what is stored: make another one. */
  read(order: ReadOrder): Promise<ReadResult>;
}

/** Bytes of the log after which what was made of them is committed. */
const stretchBytes = 256 * 2 ** 20;

/** Of one folder of logs; profiles that are written to stay open between calls. */
export function createProfileReader({ folder, ask }: { readonly folder: string; readonly ask: Ask }): ProfileReader {
  const profiles = createOpenProfiles();
  const minutes = createMinutes();
  const flush = createFlush(profiles);
  const settle = (lane: Lane) => {
    for (const open of profiles.of(lane)) open.builder.settle(lane.columns.texts);
  };
  let source: LogSource | null = null;
  let committed = 0;
  let windows = new Set<number>();

  async function commit(): Promise<void> {
    if (source === null) return;
    for (const lane of lanes.list()) flush(lane);
    const dirty = profiles.listDirty();
    const partial = dirty.filter(({ isWhole }) => !isWhole);
    const keys = partial.map(({ key }) => key);
    const stored = keys.length === 0 ? [] : await ask("load", keys);
    for (const [i, open] of partial.entries()) profiles.complete(open, stored[i] ?? null);
    await ask("commit", { offsets: source.offsets(), profiles: dirty.map(toStored), minutes: minutes.take() });
    for (const { key } of dirty) windows.add(key.to - key.from);
    committed = source.bytesRead();
    profiles.tidy();
  }

  const leave = async (lane: Lane) => {
    await commit();
    profiles.forget(lane);
  };
  const lanes = createLanes({ ask, flush, settle, leave });
  const counter = createCounter({ profiles, minutes, lanes });

  async function readAll(log: LogSource): Promise<void> {
    const take = (from: number, to: number) => counter.take(log.at, from, to);
    for (;;) {
      const state = log.step(take);
      const wanted = counter.wanted();
      if (wanted !== null) await lanes.learn(wanted);
      if (state === "end") break;
      if (profiles.isFull() || log.bytesRead() - committed > stretchBytes) await commit();
    }
    await commit();
  }

  return {
    async read({ after }) {
      source = createLogSource(folder, after);
      committed = 0;
      windows = new Set();
      counter.reset();
      lanes.doubt();
      try {
        await readAll(source);
        const { records, rows, damaged } = counter.counts();
        return { records, rows, damaged: damaged + source.damaged(), windows: [...windows] };
      } finally {
        source.close();
        source = null;
      }
    },
  };
}

interface Counted {
  readonly profiles: OpenProfiles;
  readonly minutes: Minutes;
  readonly lanes: Lanes;
}

const error = 1;
const fallback = 2;

/** Takes the records of the log one by one. */
function createCounter({ profiles, minutes, lanes }: Counted) {
  const readFields = createFieldReader();
  const fields: RecordFields = createRecordFields();
  const places: TensorPlaces = createTensorPlaces();
  const nothing: LogBytes = { bytes: Buffer.alloc(0), view: new DataView(new ArrayBuffer(0)) };
  const record = { log: nothing, fields, places, at: 0, latencyMs: 0 };
  let wanted: Route | null = null;
  let counts = { records: 0, rows: 0, damaged: 0 };

  function count(log: LogBytes, known: Known): void {
    const { status, durationsFrom, route } = fields;
    const at = (fields.atHigh * 0x1_0000_0000 + fields.atLow) / 1000;
    const us = durationsFrom < 0 ? 0 : log.view.getUint32(durationsFrom + 12, true);
    // What was imported took no time here.
    const latencyMs = us === 0 ? Number.NaN : us / 1000;
    const code = status === error ? readText(log.bytes, fields.errorCode) : null;
    const rows = code === null ? Math.max(1, fields.rows) : 0;
    minutes.add({ route, at, rows, error: code, isFallback: status === fallback, latencyMs });
    counts.records++;
    counts.rows += rows;
    if (known === null) return;
    if (code !== null) {
      const { lane } = known;
      const open = profiles.find(lane, wholeTraffic, windowAt(at, lane.setting.windowMs).from);
      open.builder.addFailed(code, latencyMs);
      open.isDirty = true;
      return;
    }
    record.log = log;
    record.at = at;
    record.latencyMs = latencyMs;
    known.append(record);
  }

  return {
    /** False where the setting of its version is wanted first. */
    take(log: LogBytes, from: number, to: number): boolean {
      try {
        // What was answered for nobody is no traffic.
        if (!readFields(log, from, to, fields) || fields.shadowFrom >= 0) return true;
        const known = lanes.find(fields.route);
        if (known === undefined) {
          wanted = fields.route;
          return false;
        }
        readTensorPlaces(log, fields.tensorsFrom, to, places);
        count(log, known);
      } catch (problem) {
        // A record with a good checksum that cannot be read: passed over, as every other reader does.
        if (!(problem instanceof RangeError || problem instanceof SyntaxError)) throw problem;
        counts.damaged++;
      }
      return true;
    },
    wanted(): Route | null {
      const route = wanted;
      wanted = null;
      return route;
    },
    counts: () => counts,
    reset() {
      counts = { records: 0, rows: 0, damaged: 0 };
    },
  };
}

function readText(bytes: Buffer, { from, to }: { readonly from: number; readonly to: number }): string {
  return from < 0 ? "internal" : bytes.toString("utf8", from, to);
}
