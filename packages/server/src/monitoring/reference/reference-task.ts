/** What the process of the lake does for a reference: reads its rows, has them answered, and learns what is usual. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { LakeContext } from "../../platform/lake/index.ts";
import type { LakeDb } from "../../platform/lake/lake-db.ts";
import { quoteText } from "../../platform/lake/quote.ts";
import { calibrate } from "../drift/calibrate.ts";
import { fitEstimator } from "../performance/estimator.ts";
import { encodeProfile } from "../profiles/codec.ts";
import type { ProfilePlan } from "../profiles/column-plan.ts";
import { createProfileBuilder } from "../profiles/profile-builder.ts";
import type { Profile } from "../profiles/profile.ts";
import { answerRows } from "./answer-rows.ts";
import { blocksOf, chooseBlockMs, placesOf } from "./blocks-of.ts";
import { findImportance } from "./find-importance.ts";
import { planOf } from "./plan-of.ts";
import { readFile, readPredictions } from "./read-reference.ts";
import type { MadeReference, ReferenceJob } from "./reference-job.ts";
import { spreadEvenly, takeReferenceRows, type ReferenceRows } from "./reference-rows.ts";

const sampleRows = 50_000;

/** `paths`: what the views read, where the origin is predictions. */
export async function run(
  job: ReferenceJob,
  { db, ask, onProgress, paths = [] }: LakeContext & { readonly paths?: readonly string[] },
): Promise<MadeReference> {
  onProgress("reading the rows of the reference");
  const { origin } = job;
  await db.lock([...paths, ...(origin.kind === "file" ? [origin.file.path] : []), job.samplePath]);
  const read = origin.kind === "file" ? await readFile(db, origin.file, job) : await readPredictions(db, origin, job);
  const notes = [...read.notes];
  const all = read.rows;
  const answered = await answerRows(all, job, { ask, onProgress, notes });
  onProgress("learning what is usual");
  const plan = planOf(job.columns, withOutputs(all, answered));
  const profile = toProfile(plan, all, answered);
  // Parts of a season are those of the monitor's own windows.
  const blockMs = job.season === "none" ? chooseBlockMs(all, job.windowMs) : job.windowMs;
  const blocks = blocksOf(plan, all, blockMs);
  const outputBlocks = answered === all ? [] : blocksOf(plan, answered, blockMs);
  const calibration = calibrate({
    plan,
    reference: profile,
    blocks: withOutputBlocks(blocks, outputBlocks),
    windowMs: blockMs,
    season: job.season,
  });
  const sample = takeReferenceRows(answered, spreadEvenly(answered.n, sampleRows));
  await writeSample(db, sample, job);
  return {
    rows: all.n,
    planJson: JSON.stringify(plan.columns.map((column) => ({ ...column, edges: column.edges && [...column.edges] }))),
    profile: Buffer.from(encodeProfile(profile)).toString("base64"),
    time: toTime(read.time, all),
    label: read.label,
    calibration,
    estimator: toEstimator(answered, { job, blockMs, notes }),
    importance: findImportance(answered, { inputs: inputsOf(job), outputs: job.outputs }),
    sampleRows: sample.n,
    notes,
  };
}

function inputsOf({ columns }: ReferenceJob): string[] {
  return columns.filter(({ role }) => role === "input").map(({ name }) => name);
}

/** The columns of all rows, and those that only the answered ones have. */
function withOutputs(all: ReferenceRows, answered: ReferenceRows): ReferenceRows {
  return { ...all, columns: new Map([...answered.columns, ...all.columns]) };
}

/** Rows that were not answered have no outputs at all. */
function toProfile(plan: ProfilePlan, all: ReferenceRows, answered: ReferenceRows): Profile {
  const builder = createProfileBuilder(plan);
  if (answered === all) {
    builder.addColumns(all.columns, all.n);
    return builder.profile();
  }
  const outputs = new Map([...answered.columns].filter(([name]) => !all.columns.has(name)));
  const ofOutputs = createProfileBuilder(plan);
  builder.addColumns(all.columns, all.n);
  ofOutputs.addColumns(outputs, answered.n);
  const found = ofOutputs.profile();
  const whole = builder.profile();
  return {
    ...whole,
    columns: whole.columns.map((column, i) => (outputs.has(column.name) ? found.columns[i]! : column)),
  };
}

/** Counts of outputs, which only some rows have, beside those of the inputs. */
function withOutputBlocks(blocks: ReturnType<typeof blocksOf>, outputs: ReturnType<typeof blocksOf>) {
  const byStart = new Map(outputs.map((block) => [block.at, block]));
  return blocks.map((block) => {
    const named = new Set(block.columns.map(({ name }) => name));
    const more = byStart.get(block.at)?.columns.filter(({ name }) => !named.has(name)) ?? [];
    return { at: block.at, columns: [...block.columns, ...more] };
  });
}

function toTime(column: string | null, { times }: ReferenceRows): MadeReference["time"] {
  if (column === null || times === null) return null;
  let [from, to] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const at of times) {
    if (at < from) from = at;
    if (at > to) to = at;
  }
  return from <= to ? { column, from, to } : null;
}

interface Estimating {
  readonly job: ReferenceJob;
  readonly blockMs: number;
  readonly notes: string[];
}

function toEstimator(rows: ReferenceRows, { job, blockMs, notes }: Estimating) {
  const { truth, columns } = rows;
  if (truth === null) return null;
  const places = placesOf(rows, blockMs);
  const starts = new Map([...new Set(places)].filter((at) => !Number.isNaN(at)).map((at, i) => [at, i]));
  const blocks = places && Int32Array.from(places, (at) => starts.get(at) ?? 0);
  const labelled = { outputs: job.outputs, inputs: inputsOf(job), columns, truth, blocks };
  const estimator = fitEstimator(labelled, { positive: job.positive, cost: job.cost });
  if (estimator === null)
    notes.push("What came true could not be held against what the version answers, so performance has no reference.");
  return estimator;
}

async function writeSample(db: LakeDb, rows: ReferenceRows, { columns, samplePath }: ReferenceJob): Promise<void> {
  const there = columns.filter(({ name }) => rows.columns.has(name));
  const types = there.map(({ kind }, i) => `${quoteText(`v${i}`)}: '${kind === "number" ? "DOUBLE" : "VARCHAR"}'`);
  const lines: string[] = [];
  for (let i = 0; i < rows.n; i++) {
    const row: Record<string, unknown> = { t: finite(rows.times?.[i]), l: rows.truth?.[i] ?? null };
    for (const [c, { name }] of there.entries()) {
      const value = rows.columns.get(name)?.[i];
      row[`v${c}`] = typeof value === "number" ? finite(value) : (value ?? null);
    }
    lines.push(JSON.stringify(row));
  }
  const path = join(db.folder, "sample.jsonl");
  writeFileSync(path, lines.join("\n"));
  const named = there.map(({ name }, i) => `v${i} as "${name.replaceAll('"', '""')}"`);
  const times = rows.times === null ? [] : ["make_timestamp((t * 1000)::bigint) as reference_time"];
  const truth = rows.truth === null ? [] : ["l as reference_label"];
  const from = `read_json(${quoteText(path)}, format = 'newline_delimited', columns = {${["t: 'DOUBLE'", "l: 'VARCHAR'", ...types].join(", ")}})`;
  await db.exec(
    `copy (select ${[...named, ...times, ...truth].join(", ")} from ${from}) to ${quoteText(samplePath)} (format parquet, compression zstd)`,
  );
}

function finite(value: number | undefined): number | null {
  return value !== undefined && Number.isFinite(value) ? value : null;
}
