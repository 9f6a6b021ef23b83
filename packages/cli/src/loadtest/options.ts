import { parseDuration } from "@slipway/contract/duration";
import { requireAddress } from "../addresses.ts";
import { argument, textOption, type Input } from "../context.ts";
import { UsageError } from "../exit-codes.ts";
import { faces, type Face } from "./to-requests.ts";

export interface LoadtestOptions {
  readonly endpoint: string;
  /** A version or an alias of it; undefined: what its traffic goes to. */
  readonly pin: number | string | undefined;
  readonly mode:
    | { readonly kind: "rate"; readonly perSecond: number }
    | { readonly kind: "closed"; readonly concurrency: number }
    | { readonly kind: "trace"; readonly file: string; readonly speed: number }
    | { readonly kind: "knee" };
  readonly arrivals: "poisson" | "uniform";
  readonly seed: number;
  /** Of a trace: null plays all of it. */
  readonly durationMs: number | null;
  readonly warmUpMs: number;
  readonly sloMs: number;
  /** Whether the SLO was given, and the exit code says whether it was held. */
  readonly sloGiven: boolean;
  readonly connections: number;
  readonly inputs: string | undefined;
  /** Records a request; null: as the source has them. */
  readonly batch: number | null;
  readonly face: Face;
  readonly svg: string | undefined;
}

const defaults = { durationMs: 30_000, warmUpMs: 1_000, sloMs: 50, connections: 512 };

/** @throws UsageError */
export function parseLoadtestOptions(input: Input): LoadtestOptions {
  const { name, version, alias } = requireAddress(argument(input, 0));
  const duration = textOption(input, "duration");
  const slo = textOption(input, "slo");
  const mode = parseMode(input);
  const face = textOption(input, "face") ?? "predict";
  return {
    endpoint: name,
    pin: version ?? alias,
    mode,
    arrivals: textOption(input, "arrivals") === "uniform" ? "uniform" : "poisson",
    seed: parseCount(input, "seed") ?? 1,
    durationMs:
      duration !== undefined ? toMs("duration", duration, 1) : mode.kind === "trace" ? null : defaults.durationMs,
    warmUpMs: toMs("warmup", textOption(input, "warmup") ?? `${defaults.warmUpMs}ms`, 0),
    sloMs: slo === undefined ? defaults.sloMs : toMs("slo", slo, 0.001),
    sloGiven: slo !== undefined,
    connections: parseCount(input, "connections") ?? defaults.connections,
    inputs: textOption(input, "inputs"),
    batch: parseCount(input, "batch") ?? null,
    face: faces.find((known) => known === face) ?? "predict",
    svg: textOption(input, "svg"),
  };
}

function parseMode(input: Input): LoadtestOptions["mode"] {
  const [rate, concurrency] = [textOption(input, "rate"), textOption(input, "concurrency")];
  const [trace, speed] = [textOption(input, "trace"), textOption(input, "speed")];
  const given = Object.entries({ rate, concurrency, trace }).filter(([, value]) => value !== undefined);
  if (given.length > 1)
    throw new UsageError(`Give one of ${given.map(([name]) => `--${name}`).join(" and ")}: they are different loads.`);
  if (speed !== undefined && trace === undefined) throw new UsageError("--speed goes with --trace.");
  if (rate !== undefined) return { kind: "rate", perSecond: parseNumber("rate", rate) };
  if (trace !== undefined) return { kind: "trace", file: trace, speed: parseNumber("speed", speed ?? "1") };
  if (concurrency !== undefined) return { kind: "closed", concurrency: parseCount(input, "concurrency") ?? 1 };
  return { kind: "knee" };
}

/** `200`, `0.5`, `200/s`. */
function parseNumber(name: string, text: string): number {
  const value = Number(/^(\d+(?:\.\d+)?)(?:\/s)?$/.exec(text)?.[1]);
  if (value > 0 && value <= 1e6) return value;
  throw new UsageError(
    `--${name} ${text}: give a number above 0, such as 200${name === "rate" ? " (requests a second)" : ""}.`,
  );
}

function parseCount(input: Input, name: string): number | undefined {
  const text = textOption(input, name);
  if (text === undefined) return undefined;
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw new UsageError(`--${name} ${text}: give a whole number from 1.`);
}

function toMs(name: string, text: string, least: number): number {
  try {
    const ms = parseDuration(text);
    if (ms >= least && ms <= 86_400_000) return ms;
  } catch {
    // Told below, with the name of the option.
  }
  throw new UsageError(`--${name} ${text}: give a duration such as 30s, 50ms or 2m.`);
}
