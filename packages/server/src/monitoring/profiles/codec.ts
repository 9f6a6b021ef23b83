import type { DistinctSketch, FrequentItems, Moments, QuantileSketch } from "@slipway/statistics/sketches";
import { constants, deflateRawSync, inflateRawSync } from "node:zlib";
import { type ByteReader, createByteReader, createByteWriter, type ByteWriter } from "./bytes.ts";
import type { ColumnProfile, Profile } from "./profile.ts";

/**
 * Layout, version 1: the magic byte 0x50 (`P`), the version, then the rest deflated. Numbers are little-endian; counts are varints.
 * A newer version is refused, an older one is read.
 */
const magic = 0x50;
const version = 1;

export function encodeProfile(profile: Profile): Uint8Array {
  const out = createByteWriter();
  out.text(profile.planId);
  for (const count of [profile.rows, profile.requests, profile.errors, profile.fallbacks]) out.count(count);
  out.count(profile.errorCodes.size);
  for (const [code, count] of profile.errorCodes) {
    out.text(code);
    out.count(count);
  }
  writeQuantiles(out, profile.latency);
  out.count(profile.columns.length);
  for (const column of profile.columns) writeColumn(out, column);
  const packed = deflateRawSync(out.bytes(), { level: 1 });
  const bytes = new Uint8Array(packed.length + 2);
  bytes.set([magic, version]);
  bytes.set(packed, 2);
  return bytes;
}

/** @throws RangeError where the bytes are no profile, or one of a newer version */
export function decodeProfile(bytes: Uint8Array): Profile {
  checkVersion(bytes);
  const from = createByteReader(inflateRawSync(bytes.subarray(2)));
  const traffic = readTraffic(from);
  return { ...traffic, columns: list(from, () => readColumn(from)) };
}

/** A profile without its columns. */
export type ProfiledTraffic = Omit<Profile, "columns">;

/** Of the bytes of a profile, the first ones that `decodeTraffic` needs. */
export const trafficBytes = 32_768;

/** Of many profiles only what is not about columns: from the beginning of the bytes, in a hundredth of the time. @throws as `decodeProfile` */
export function decodeTraffic(bytes: Uint8Array): ProfiledTraffic {
  checkVersion(bytes);
  const packed = bytes.subarray(2, trafficBytes);
  return readTraffic(createByteReader(inflateRawSync(packed, { finishFlush: constants.Z_SYNC_FLUSH })));
}

function checkVersion(bytes: Uint8Array): void {
  if (bytes[0] !== magic) throw new RangeError("The bytes are no profile.");
  if (bytes[1] !== version) throw new RangeError(`A profile of version ${bytes[1]} cannot be read here.`);
}

function readTraffic(from: ByteReader): ProfiledTraffic {
  const planId = from.text();
  const [rows, requests, errors, fallbacks] = [from.count(), from.count(), from.count(), from.count()];
  const errorCodes = new Map(list(from, () => [from.text(), from.count()] as const));
  return { planId, rows, requests, errors, fallbacks, errorCodes, latency: readQuantiles(from) };
}

const roles = ["input", "output", "field"] as const;
const kinds = ["number", "category"] as const;
/** Bits of what is there. */
const parts = { moments: 1, quantiles: 2, bins: 4, frequent: 8, distinct: 16 } as const;

function writeColumn(out: ByteWriter, column: ColumnProfile): void {
  const { moments, quantiles, bins, frequent, distinct } = column;
  out.text(column.name);
  out.byte(roles.indexOf(column.role));
  out.byte(kinds.indexOf(column.kind));
  for (const count of [column.count, column.missing, column.invalid, column.infinite, column.outOfRange, column.unseen])
    out.count(count);
  const given = { moments, quantiles, bins, frequent, distinct };
  let there = 0;
  for (const [name, bit] of Object.entries(parts)) if (given[name as keyof typeof parts] !== null) there |= bit;
  out.byte(there);
  if (moments !== null) writeMoments(out, moments);
  if (quantiles !== null) writeQuantiles(out, quantiles);
  if (bins !== null) {
    out.count(bins.length);
    for (const count of bins) out.count(count);
  }
  if (frequent !== null) writeFrequent(out, frequent);
  if (distinct !== null) writeDistinct(out, distinct);
}

function readColumn(from: ByteReader): ColumnProfile {
  const name = from.text();
  const role = roles[from.byte()] ?? "input";
  const kind = kinds[from.byte()] ?? "number";
  const [count, missing, invalid] = [from.count(), from.count(), from.count()];
  const [infinite, outOfRange, unseen] = [from.count(), from.count(), from.count()];
  const there = from.byte();
  return {
    name,
    role,
    kind,
    count,
    missing,
    invalid,
    infinite,
    outOfRange,
    unseen,
    moments: there & parts.moments ? readMoments(from) : null,
    quantiles: there & parts.quantiles ? readQuantiles(from) : null,
    bins: there & parts.bins ? Float64Array.from(list(from, () => from.count())) : null,
    frequent: there & parts.frequent ? readFrequent(from) : null,
    distinct: there & parts.distinct ? readDistinct(from) : null,
  };
}

function writeMoments(out: ByteWriter, { count, mean, m2, min, max }: Moments): void {
  out.count(count);
  for (const value of [mean, m2, min, max]) out.double(value);
}

function readMoments(from: ByteReader): Moments {
  return { count: from.count(), mean: from.double(), m2: from.double(), min: from.double(), max: from.double() };
}

function writeQuantiles(out: ByteWriter, { k, count, min, max, levels, coins }: QuantileSketch): void {
  out.count(k);
  out.count(count);
  out.double(min);
  out.double(max);
  out.word(coins);
  out.count(levels.length);
  for (const { values, size } of levels) out.doubles(values.subarray(0, size));
}

function readQuantiles(from: ByteReader): QuantileSketch {
  const [k, count, min, max, coins] = [from.count(), from.count(), from.double(), from.double(), from.word()];
  const levels = list(from, () => {
    const values = from.doubles();
    return { values, size: values.length };
  });
  return { k, count, min, max, levels, coins };
}

function writeFrequent(out: ByteWriter, { capacity, counts, error, total }: FrequentItems): void {
  for (const value of [capacity, error, total, counts.size]) out.count(value);
  for (const [text, count] of counts) {
    out.text(text);
    out.count(count);
  }
}

function readFrequent(from: ByteReader): FrequentItems {
  const [capacity, error, total] = [from.count(), from.count(), from.count()];
  return { capacity, error, total, counts: new Map(list(from, () => [from.text(), from.count()] as const)) };
}

function writeDistinct(out: ByteWriter, { hashes, registers }: DistinctSketch): void {
  out.byte(registers === null ? 0 : 1);
  if (registers !== null) return out.raw(registers);
  out.count(hashes?.size ?? 0);
  for (const hash of hashes ?? []) out.double(hash);
}

function readDistinct(from: ByteReader): DistinctSketch {
  if (from.byte() === 1) return { hashes: null, registers: from.raw() };
  return { hashes: new Set(list(from, () => from.double())), registers: null };
}

function list<T>(from: ByteReader, read: () => T): T[] {
  return Array.from({ length: from.count() }, read);
}
