import type { ModelVersion, Prediction } from "@slipway/contract";
import type { Client } from "@slipway/sdk";
import { readFile } from "node:fs/promises";
import { sampleRecord } from "../deploy/example.ts";
import { UsageError } from "../exit-codes.ts";
import { parseRecords, type RecordJson } from "../records.ts";
import { parseExamples, toExamplesPath } from "./examples.ts";
import { isOfLoadTest } from "./trace-id.ts";

/** What is sent: each request with its records. */
export interface Inputs {
  readonly source: "log" | "examples" | "file" | "made_up";
  readonly requests: readonly (readonly RecordJson[])[];
  /** Predictions on record that cannot be sent again, by the reason. */
  readonly skipped: Readonly<Record<string, number>>;
}

export interface InputsSetup {
  readonly client: Client;
  readonly endpoint: string;
  readonly version: ModelVersion;
  /** `log`, `examples` or a file; undefined takes the first of log, examples, the signature that has any. */
  readonly from: string | undefined;
  /** The field that holds the caller's key (`log.key`); null: none. */
  readonly keyField: string | null;
}

/** Requests that are kept to be sent in turn; more would say nothing new. */
const mostRows = 2_000;
/** Predictions that are looked at for them. */
const mostLookedAt = 20_000;
/** Predictions with long values are asked for one by one. */
const mostLong = 100;

/**
 * Without the callers' keys: a label that comes for one must find the real prediction, and no other.
 * @throws UsageError where what was asked for has none
 */
export async function collectInputs(setup: InputsSetup): Promise<Inputs> {
  const { keyField, version } = setup;
  const found = await collectAll(setup);
  if (keyField === null || version.signature.inputs.some(({ name }) => name === keyField)) return found;
  const strip = (record: RecordJson): RecordJson =>
    Object.fromEntries(Object.entries(record).filter(([name]) => name !== keyField));
  return { ...found, requests: found.requests.map((records) => records.map(strip)) };
}

async function collectAll(setup: InputsSetup): Promise<Inputs> {
  const { from } = setup;
  if (from === undefined) {
    const logged = await fromLog(setup);
    if (logged.requests.length > 0) return logged;
    const examples = await fromExamples(setup);
    if (examples.requests.length > 0) return { ...examples, skipped: logged.skipped };
    const madeUp = [[sampleRecord(setup.version.signature)]];
    return { source: "made_up", requests: madeUp, skipped: logged.skipped };
  }
  if (from === "log") {
    const found = await fromLog(setup);
    if (found.requests.length > 0) return found;
    const reasons = Object.entries(found.skipped).map(([reason, count]) => `${count} ${reason.replaceAll("_", " ")}`);
    const why = reasons.length === 0 ? "" : ` (${reasons.join(", ")})`;
    throw new UsageError(`No prediction of ${setup.endpoint} on record can be sent again${why}: give --inputs FILE.`);
  }
  if (from === "examples") {
    const found = await fromExamples(setup);
    if (found.requests.length > 0) return found;
    throw new UsageError(
      `${setup.version.model}@${setup.version.version} has no examples that can be read here (JSON, JSON Lines or CSV): give --inputs FILE.`,
    );
  }
  const { items } = parseRecords(await readFile(from, "utf8").catch(refuseFile(from)), from);
  return { source: "file", requests: items.map((record) => [record]), skipped: {} };
}

function refuseFile(path: string) {
  return (error: NodeJS.ErrnoException): never => {
    throw new UsageError(`--inputs ${path} cannot be read (${error.code}): give log, examples or a file of records.`);
  };
}

async function fromExamples({ client, version }: InputsSetup): Promise<Inputs> {
  const path = toExamplesPath(version);
  const found: RecordJson[] = [];
  if (path !== null) {
    const { body } = await client.versions.file(version.model, version.version, { path });
    found.push(...parseExamples(await new Response(body).text(), path, version.signature));
  }
  return { source: "examples", requests: found.slice(0, mostRows).map((record) => [record]), skipped: {} };
}

/** As their callers sent them, a request of many rows as one. Those of other load tests only where there is nothing else. */
async function fromLog({ client, endpoint, version }: InputsSetup): Promise<Inputs> {
  const skipped: Record<string, number> = {};
  const [real, again] = [new Map<string, Row[]>(), new Map<string, Row[]>()];
  let [looked, kept, long] = [0, 0, 0];
  for await (const item of client.predictions.all(endpoint, { limit: 1_000 })) {
    if (++looked > mostLookedAt || kept >= mostRows) break;
    const reason = refuse(item);
    let record = reason === null ? toRecord(item, version.signature) : null;
    if (record !== null && isCut(item)) {
      const whole = ++long > mostLong ? null : await client.predictions.get(item.id);
      record = whole && toRecord(whole, version.signature);
    }
    if (record === null) {
      const why = reason ?? "of_another_signature";
      skipped[why] = (skipped[why] ?? 0) + 1;
      continue;
    }
    const into = isOfLoadTest(item.trace_id) ? again : real;
    if (into === again && again.size >= mostRows) continue;
    if (into === real) kept++;
    const [request = "", row = "0"] = item.id.split("/");
    into.set(request, [...(into.get(request) ?? []), { row: Number(row), record }]);
  }
  const found = [...(real.size > 0 ? real : again).values()];
  const requests = found.map((rows) => rows.toSorted((a, b) => a.row - b.row).map(({ record }) => record));
  return { source: "log", requests, skipped };
}

interface Row {
  readonly row: number;
  readonly record: RecordJson;
}

function refuse({ redacted, rows, inputs, error, erased_rows: erased = [] }: Prediction): string | null {
  if (erased.length > 0) return "erased";
  if (redacted.length > 0) return "redacted";
  if (rows === 0 || Object.keys(inputs).length === 0) return "not_parsed";
  // What was refused for its values would be refused again; what the server could not do is a fair input.
  return error !== null && error.code.startsWith("invalid") ? "refused" : null;
}

function isCut({ inputs }: Prediction): boolean {
  return Object.values(inputs).some((value) => isObject(value) && value["cut"] === true);
}

/** Null where it lacks an input of this version. */
function toRecord({ inputs, extra }: Prediction, signature: ModelVersion["signature"]): RecordJson | null {
  const { packed, batched } = signature;
  const matrix = packed === null ? undefined : inputs[packed.tensor];
  const named = Array.isArray(matrix)
    ? Object.fromEntries(signature.inputs.map((spec, column) => [spec.name, matrix[column] as unknown]))
    : inputs;
  if (signature.inputs.some(({ name, nullable }) => named[name] === undefined && !nullable)) return null;
  const fitted = signature.inputs.flatMap(({ name, shape }) =>
    named[name] === undefined ? [] : [[name, withBrackets(named[name], batched ? shape.slice(1) : shape)] as const],
  );
  return { ...(isObject(extra) ? extra : {}), ...named, ...Object.fromEntries(fitted) };
}

/** On record a single value stands without brackets; the model takes it so only where no dimension is free. */
function withBrackets(value: unknown, dims: readonly number[]): unknown {
  if (!Array.isArray(value) && dims.every((size) => size === 1)) return value;
  let fitted = value;
  for (let depth = depthOf(value); depth < dims.length; depth++) fitted = [fitted];
  return fitted;
}

function depthOf(value: unknown): number {
  return Array.isArray(value) ? 1 + depthOf(value[0]) : 0;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** In requests of so many rows, each record as often as the others. */
export function toBatches(requests: Inputs["requests"], rows: number): Inputs["requests"] {
  const all = requests.flat();
  const count = Math.ceil(Math.max(all.length, rows) / rows);
  return Array.from({ length: count }, (_, batch) =>
    Array.from({ length: rows }, (_, row) => all[(batch * rows + row) % all.length]!),
  );
}
