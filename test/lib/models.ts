import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "../../tools/layer-list.ts";

/** The real models of the example, two versions of one name; each folder has a model.onnx and a slipway.yaml. */
export const flights = {
  v1: join(root, "examples/flight-delays/v1"),
  v2: join(root, "examples/flight-delays/v2"),
} as const;

/**
 * Copies of the flights that may take 10 s for an answer: loading a version that a caller pins counts
 * too, and the machine that runs the tests may be busy.
 */
export function patientFlights(): { readonly v1: string; readonly v2: string } {
  const folder = makeRoom("flights");
  cpSync(join(root, "examples/flight-delays/README.md"), join(folder, "README.md"));
  for (const version of ["v1", "v2"] as const) {
    const target = join(folder, version);
    cpSync(flights[version], target, { recursive: true });
    const manifest = readFileSync(join(target, "slipway.yaml"), "utf8");
    writeFileSync(join(target, "slipway.yaml"), manifest.replace(/^( *timeout:) \S+/m, "$1 10s"));
  }
  return { v1: join(folder, "v1"), v2: join(folder, "v2") };
}

/** A record that both versions of the flights take, where `log.fields` lets `origin_late_3h` pass for version 1. */
export const flight = {
  origin: "ATL",
  destination: "JFK",
  hour: 8,
  weekday: 1,
  distance: 760,
  origin_late_3h: 0.25,
} as const;

/** One of the small ONNX files that the runtime's own tests open: `matrix`, `columns`, `slow`, `garbage-text`. */
export function smallModel(name: string): string {
  return join(root, "packages/runtime/src/onnx/testing/models", `${name}.onnx`);
}

/**
 * A file with a model that gives `factor * (a + 2 b + 3 c + 4 d)` for a row [a, b, c, d] of its input X: `matrix.onnx`
 * with its weights replaced, so that the answer tells which version made it.
 */
export function scaledMatrix(factor: number): string {
  const weights = (scale: number) => Buffer.from(new Float32Array([1, 2, 3, 4].map((w) => w * scale)).buffer);
  return patchModel("matrix", weights(1), weights(factor));
}

/** `picky.onnx`, which fails on all codes but 10, 11 and 12 (0, 1 and 2 for them), with another first code. */
export function pickyFrom(first: number): string {
  return patchModel("picky", int64s(10), int64s(first));
}

/** `slow.onnx` with a matrix of 2 by 2 in the place of its 700 by 700, which costs nothing: 2 x³ for an x. */
export function quickenedSlow(): string {
  return slowModel(2);
}

/** `slow.onnx` with a matrix of so many rows and columns: a run takes as long as multiplying it with itself. */
export function slowModel(size: number): string {
  return patchModel("slow", int64s(700, 700), int64s(size, size));
}

function int64s(...values: readonly number[]): Buffer {
  return Buffer.from(new BigInt64Array(values.map(BigInt)).buffer);
}

/** A copy of a small model with the bytes of a constant replaced. */
function patchModel(name: string, from: Buffer, to: Buffer): string {
  const bytes = readFileSync(smallModel(name));
  const at = bytes.indexOf(from);
  if (at < 0) throw new Error(`${name}.onnx does not hold the constant any more that is to be replaced.`);
  to.copy(bytes, at);
  const path = join(makeRoom("model"), `${name}.onnx`);
  writeFileSync(path, bytes);
  return path;
}

const rooms: string[] = [];
process.once("exit", () => {
  for (const room of rooms) rmSync(room, { recursive: true, force: true });
});

/** A folder that goes with the test process. */
function makeRoom(what: string): string {
  const room = mkdtempSync(join(tmpdir(), `slipway-${what}-`));
  rooms.push(room);
  return room;
}
