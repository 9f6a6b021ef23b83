import { wholeTraffic } from "../../watched.ts";
import { absentCode } from "../column-batch.ts";
import type { Slice } from "../slices.ts";
import type { Lane } from "./lane.ts";
import { batchRows } from "./lane-columns.ts";
import type { TextCodes } from "./text-codes.ts";
import type { OpenProfile, OpenProfiles } from "./open-profiles.ts";

/** Puts the rows of a lane into the profiles of their windows and slices, and empties it. */
export function createFlush(profiles: OpenProfiles): (lane: Lane) => void {
  const matchers = new WeakMap<Lane, readonly Matcher[]>();

  function add(lane: Lane, from: number, places: Int32Array | null): void {
    const count = places?.length ?? lane.rows;
    addRows(profiles.find(lane, wholeTraffic, from), places, count);
    let known = matchers.get(lane);
    if (known === undefined)
      matchers.set(lane, (known = lane.setting.slices.map((slice) => createMatcher(lane, slice))));
    for (const { slice, matches } of known) {
      const of = new Int32Array(count);
      let size = 0;
      for (let i = 0; i < count; i++) {
        const row = places === null ? i : (places[i] as number);
        if (matches(row)) of[size++] = row;
      }
      if (size > 0) addRows(profiles.find(lane, slice.name, from), of, size);
    }
  }

  return (lane) => {
    if (lane.rows === 0) return;
    const from = findOnlyWindow(lane);
    if (from !== null) add(lane, from, null);
    else for (const [each, rows] of findWindows(lane)) add(lane, each, Int32Array.from(rows));
    lane.rows = 0;
  };
}

/** Where all rows are in one window, as they most often are. */
function findOnlyWindow({ rows, at, setting: { windowMs } }: Lane): number | null {
  const from = Math.floor((at[0] as number) / windowMs) * windowMs;
  for (let row = 1; row < rows; row++)
    if (!((at[row] as number) >= from && (at[row] as number) < from + windowMs)) return null;
  return from;
}

/** Rows by the beginning of their window. */
function findWindows({ rows, at, setting: { windowMs } }: Lane): Map<number, number[]> {
  const windows = new Map<number, number[]>();
  let from = Number.NaN;
  let last: number[] = [];
  for (let row = 0; row < rows; row++) {
    const time = at[row] as number;
    if (!(time >= from && time < from + windowMs)) {
      from = Math.floor(time / windowMs) * windowMs;
      last = windows.get(from) ?? [];
      windows.set(from, last);
    }
    last.push(row);
  }
  return windows;
}

const latencies = new Float64Array(batchRows);

function addRows(open: OpenProfile, places: Int32Array | null, count: number): void {
  const { lane, builder } = open;
  builder.addBatch(lane.columns, places, count);
  let requests = 0;
  let timed = 0;
  let fallbacks = 0;
  for (let i = 0; i < count; i++) {
    const row = places === null ? i : (places[i] as number);
    const request = lane.request[row] as number;
    if (request === open.lastRequest) continue;
    open.lastRequest = request;
    requests++;
    fallbacks += lane.isFallback[row] as number;
    const latency = lane.latency[row] as number;
    if (latency === latency) latencies[timed++] = latency;
  }
  builder.addAnswered({ requests, fallbacks, latencies: latencies.subarray(0, timed) });
  open.rows += count;
  open.isDirty = true;
}

interface Matcher {
  readonly slice: Slice;
  readonly matches: (row: number) => boolean;
}

function createMatcher({ columns }: Lane, slice: Slice): Matcher {
  const { match } = slice;
  const place = columns.names.indexOf(slice.column);
  const numbers = columns.numbers[place];
  const codes = columns.codes[place];
  if ("from" in match) {
    const low = match.from ?? Number.NEGATIVE_INFINITY;
    const high = match.to ?? Number.POSITIVE_INFINITY;
    // The number that stands for "absent" is a low one.
    const isIn = (value: number) => value >= low && value < high && value !== -Number.MAX_VALUE;
    return { slice, matches: (row) => numbers !== undefined && numbers !== null && isIn(numbers[row] as number) };
  }
  if (numbers) {
    const wantedNumbers = new Set(match.values.map(Number));
    return { slice, matches: (row) => wantedNumbers.has(numbers[row] as number) };
  }
  const dictionary = columns.dictionaries[place];
  const isWanted = dictionary ? createCodeMatcher(dictionary, new Set(match.values)) : () => false;
  return { slice, matches: (row) => isWanted(codes?.[row] ?? absentCode) };
}

/** Looks at each text once. */
function createCodeMatcher(dictionary: TextCodes, wanted: ReadonlySet<string>): (code: number) => boolean {
  const known: boolean[] = [];
  let generation = dictionary.generation();
  return (code) => {
    if (code < 0) return false;
    if (generation !== dictionary.generation()) {
      known.length = 0;
      generation = dictionary.generation();
    }
    return (known[code] ??= wanted.has(dictionary.texts[code] ?? ""));
  };
}
