import type { Mismatch, OnnxAdapter, ParityReport, ProbeReport, Translation } from "@slipway/runtime";
import type { Gain } from "./measure-gain.ts";
import { translatedFile, type TranslateOutcome } from "./types.ts";

/** Not translated, for this reason. */
export function toRefused(
  reason: string,
  packages: Readonly<Record<string, string>> | null = null,
  found: { readonly rows?: number; readonly worst?: Mismatch | null } = {},
): TranslateOutcome {
  const { rows, worst } = found;
  const translation: Translation = {
    outcome: "refused",
    reason,
    ...(rows !== undefined && { rows }),
    ...(worst !== undefined && { worst: toWorst(worst) }),
    ...(packages !== null && { packages }),
  };
  return { kind: "refused", reason, translation };
}

export interface Proof {
  readonly adapter: OnnxAdapter;
  readonly report: ProbeReport;
  readonly gain: Gain;
  readonly parity: ParityReport;
  /** Of the training sample. */
  readonly sampleRows: number;
}

/** Proven. `refused`: rows that both refuse. */
export function toProven(
  { adapter, report, gain, parity, sampleRows }: Proof,
  { refused, packages }: { readonly refused: number; readonly packages: Readonly<Record<string, string>> },
): TranslateOutcome {
  const { originalMs, translatedMs } = gain;
  const rows = parity.rows + refused;
  const both = refused > 0 ? `, of which both refuse ${refused}` : "";
  const reason = `A translation to ONNX answers as the original on ${rows} rows (${sampleRows} it was trained on, the others made up at their edges${both}): ${describeWorst(parity)}. A row takes ${ms(translatedMs)} ms, ${ms(originalMs)} ms in Python.`;
  const translation: Translation = {
    outcome: "proven",
    reason,
    rows,
    worst: toWorst(parity.worst),
    originalMs,
    translatedMs,
    packages,
  };
  return { kind: "proven", file: translatedFile, adapter, report, translation };
}

function describeWorst({ identical, worst }: ParityReport): string {
  if (identical || worst === null) return "every answer is the same to the last bit";
  return `the worst is ${worst.output}, ${JSON.stringify(worst.expected)} in the original and ${JSON.stringify(worst.got)} translated`;
}

function toWorst(worst: Mismatch | null): NonNullable<Translation["worst"]> | null {
  if (worst === null) return null;
  const { output, expected, got, row } = worst;
  return { output, expected, got, row };
}

function ms(value: number): string {
  return value >= 10 ? value.toFixed(0) : value.toPrecision(2);
}
