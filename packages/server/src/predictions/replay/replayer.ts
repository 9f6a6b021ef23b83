import type { InferenceRecord, Tensor } from "@slipway/runtime";
import { createSearch } from "../search.ts";
import type { ReplayFound, ReplayInputs, ReplayPage, ReplayRequest, ReplaySetup, ReplayTarget } from "./messages.ts";
import { withoutErased } from "./kept-rows.ts";
import { toOtherInputs, toOwnInputs } from "./model-inputs.ts";
import { findRefusal, type Refusal } from "./reasons.ts";
import { createReader, type Found } from "./selection-reader.ts";
import { countAnswered, countRefused, countSeen, countUnlike, createTally, type ComparedRow } from "./tally.ts";

/** What is held of a request until it is settled. */
interface Open extends Found {
  /** What is run of it. */
  readonly kept: InferenceRecord;
  readonly compared: readonly ComparedRow[];
  target: ReplayTarget | null;
}

/** Everything of a replay but the runs: reads records, makes inputs of them, compares and counts. Synchronous. */
export interface Replayer {
  page(): ReplayPage;
  target(target: ReplayTarget): number;
  inputs(index: number, target: number): ReplayInputs | null;
  outputs(index: number, outputs: readonly Tensor[]): void;
  done(index: number): void;
  refuse(index: number, refusal: Refusal): void;
  result(): ReplayFound;
}

/** `monotonic` in milliseconds. */
export function createReplayer({ folder, selection, tolerance }: ReplaySetup, monotonic: () => number): Replayer {
  const read = createReader(createSearch(folder, monotonic), selection);
  const tally = createTally();
  const targets: ReplayTarget[] = [];
  const open = new Map<number, Open>();
  let requests = 0;

  function refuse(found: Found, refusal: Refusal, count = Math.max(1, found.to - found.from)): void {
    countRefused(tally, toId(found), { ...refusal, count });
  }

  /** The request for whoever runs it; null where the record itself speaks against it. */
  function admit(found: Found): ReplayRequest | null {
    const { record, from, to } = found;
    countSeen(tally, record.at);
    const refusal = findRefusal(record);
    if (refusal !== null) {
      refuse(found, refusal);
      return null;
    }
    const { record: kept, rows } = withoutErased(record);
    const compared = rows.map((name, row) => ({ row, name })).filter(({ name }) => name >= from && name < to);
    const erased = to - from - compared.length;
    if (erased > 0) refuse(found, { reason: "erased", message: "Its values were erased on request." }, erased);
    if (compared.length === 0) return null;
    const index = requests++;
    open.set(index, { ...found, kept, compared, target: null });
    const { model, version, digest } = record;
    const names = rows.map((row) => (record.rows > 1 ? `${record.id}/${row}` : record.id));
    return { index, id: record.id, count: compared.length, names, model: model!, version: version!, digest };
  }

  function refuseOpen(index: number, refusal: Refusal): void {
    const found = open.get(index)!;
    open.delete(index);
    refuse(found, refusal, found.compared.length);
  }

  return {
    page() {
      const before = tally.total;
      const { records, damaged, last } = read();
      if (damaged > 0) countRefused(tally, "", { reason: "damaged", message: damagedText, count: damaged });
      const admitted = records.map(admit);
      return { requests: admitted.filter((request) => request !== null), settled: tally.total - before, last };
    },
    target: (target) => targets.push(target) - 1,
    inputs(index, key) {
      const held = open.get(index)!;
      held.target = targets[key]!;
      const { signature, recorded } = held.target;
      const own = recorded === signature;
      const made = own ? toOwnInputs(signature, held.kept) : toOtherInputs({ target: signature, recorded }, held.kept);
      if ("reason" in made) {
        refuseOpen(index, made);
        return null;
      }
      countUnlike(tally, made, held.compared.length);
      return { tensors: made.tensors, rows: made.rows };
    },
    outputs(index, outputs) {
      const { record, kept, compared, target } = open.get(index)!;
      const { signature, recorded } = target!;
      const answered = { record: kept, compared, rows: record.rows, outputs, target: signature, recorded };
      if (countAnswered(tally, answered, tolerance)) open.delete(index);
      else refuseOpen(index, { reason: "no_common_output", message: "The two versions have no output in common." });
    },
    done(index) {
      tally.total += open.get(index)!.compared.length;
      open.delete(index);
    },
    refuse: refuseOpen,
    result: () => ({ ...tally, limited: read.limited() }),
  };
}

const damagedText = "The checksum of the record is wrong; what it says cannot be believed.";

function toId({ record, from, to }: Found): string {
  return record.rows > 1 && to - from === 1 ? `${record.id}/${from}` : record.id;
}
