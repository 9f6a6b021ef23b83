import { readFile } from "node:fs/promises";
import { DuckDBInstance } from "@duckdb/node-api";
import { mergeMoments, createMoments, type Moments } from "@slipway/statistics";
import { flightFiles } from "../../../../../../examples/flight-delays/features.ts";
import { createProfilePlan, type Profile, type ProfilePlan } from "../../profiles/index.ts";
import { calibrate } from "../calibrate.ts";
import { univariateShare } from "../judge.ts";
import { judgeProfile } from "../judge-profile.ts";
import { driftSettings, toProfile } from "./counted-profile.ts";

const dayMs = 86_400_000;
const from = Date.UTC(2001, 0, 1);
const numbers = ["hour", "weekday", "distance", "origin_late_3h"];
const texts = ["origin", "destination"];

interface Part {
  readonly bins: Float64Array;
  readonly moments: Moments;
}

export interface FlightDays {
  readonly plan: ProfilePlan;
  /** First moment of each day, from 1 January 2001, UTC. */
  readonly days: readonly number[];
  /** By day, then by column of the plan. */
  readonly parts: readonly (readonly Part[])[];
}

/** What the features of real flights look like day by day: January to March 2001, or up to `to`. */
export async function readFlightDays(to = Date.UTC(2001, 3, 1)): Promise<FlightDays> {
  const { parquetPath, airportsPath } = flightFiles();
  const instance = await DuckDBInstance.create(":memory:", { threads: "1" });
  const connection = await instance.connect();
  const rowsOf = async (sql: string) => (await connection.runAndReadAll(sql)).getRowsJson() as unknown[][];
  try {
    await connection.run(`create view flights as select * from read_parquet('${parquetPath}', file_row_number = true)
      where date < timestamp '${new Date(to + dayMs).toISOString().slice(0, 10)}'`);
    await connection.run(`create view airports as select * from read_csv('${airportsPath}')`);
    const features = new URL("../../../../../../examples/flight-delays/features.sql", import.meta.url);
    await connection.run(await readFile(features, "utf8"));
    await connection.run(`create table f as select *, ((departed_at - ${from}) // ${dayMs})::integer as day from flight_features
      where departed_at >= ${from} and departed_at < ${to}`);
    const columns = [];
    for (const name of numbers) columns.push(await planNumber(name, rowsOf));
    for (const name of texts) {
      const found = await rowsOf(`select ${name} from f group by 1 order by count(*) desc, 1 limit 200`);
      columns.push({ name, kind: "category" as const, edges: null, categories: found.map(([text]) => String(text)) });
    }
    const plan = createProfilePlan(
      columns.map((column) => ({ ...column, role: "input", range: null, nullable: true })),
    );
    const parts = Array.from({ length: (to - from) / dayMs }, () =>
      plan.columns.map(({ edges, categories }): Part => ({
        bins: new Float64Array((edges ?? categories)!.length + 1),
        moments: createMoments(),
      })),
    );
    for (const [i, { name, edges, categories }] of plan.columns.entries()) {
      const cell =
        edges === null
          ? `list_position([${categories!.map((text) => `'${text}'`).join(", ")}], ${name}) - 1`
          : `list_sum([${[...edges].map((edge, e) => `(${name} ${e === edges.length - 1 ? ">" : ">="} ${edge})::integer`).join(", ")}])`;
      for (const [day, place, count] of await rowsOf(
        `select day, ${cell}, count(*)::double from f where ${name} is not null group by all`,
      ))
        parts[Number(day)]![i]!.bins[Number(place)] = Number(count);
      if (edges === null) continue;
      for (const [day, n, mean, variance] of await rowsOf(
        `select day, count(${name})::double, avg(${name}), var_pop(${name}) from f group by day`,
      ))
        Object.assign(parts[Number(day)]![i]!.moments, {
          count: Number(n),
          mean: Number(mean),
          m2: Number(variance) * Number(n),
        });
    }
    return { plan, parts, days: parts.map((_, day) => from + day * dayMs) };
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

async function planNumber(name: string, rowsOf: (sql: string) => Promise<unknown[][]>) {
  const shares = Array.from({ length: 19 }, (_, i) => (i + 1) / 20);
  const [row] = await rowsOf(`select min(${name})::double, max(${name})::double, count(distinct ${name})::double,
    to_json(quantile_disc(${name}, [${shares.join(", ")}])) from f`);
  const [least, most, distinct] = row!.map(Number) as [number, number, number];
  const inner =
    distinct <= 20
      ? (await rowsOf(`select distinct ${name}::double from f order by 1`))
          .slice(1)
          .map(([value]) => Number(value) - 0.5)
      : (JSON.parse(String(row![3])) as number[]);
  return {
    name,
    kind: "number" as const,
    edges: Float64Array.from(new Set([least, ...inner, most])).toSorted(),
    categories: null,
  };
}

/** Judges some days, each against a reference of all others. @returns the columns that failed, by day */
export function judgeFlightDays(
  { plan, days, parts }: FlightDays,
  chosen: readonly number[],
): ReadonlyMap<number, readonly string[]> {
  return new Map(
    chosen.map((day) => {
      const others = parts.filter((_, other) => other !== day);
      const profile = join(plan, others);
      const calibration = calibrate({
        plan,
        reference: profile,
        blocks: others.map((part, i) => ({ at: i * dayMs, columns: toProfile(plan, part).columns })),
        windowMs: dayMs,
        season: "none",
      });
      const findings = judgeProfile({
        reference: { plan, profile, provisional: false },
        calibration,
        current: toProfile(plan, parts[day]!),
        at: days[day]!,
        settings: driftSettings,
        alpha: driftSettings.alpha * univariateShare,
      });
      return [day, findings.filter(({ verdict }) => verdict === "fail").map(({ column }) => column!)];
    }),
  );
}

function join(plan: ProfilePlan, days: readonly (readonly Part[])[]): Profile {
  return toProfile(
    plan,
    plan.columns.map((_, i) => ({
      bins: days.map((day) => day[i]!.bins).reduce((a, b) => a.map((count, cell) => count + b[cell]!)),
      moments: days.map((day) => day[i]!.moments).reduce((a, b) => mergeMoments(a, b)),
    })),
  );
}
