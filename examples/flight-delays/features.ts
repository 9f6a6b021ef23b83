// Reads real flights with the features of features.sql, in the order in which they took off.
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { DuckDBInstance } from "@duckdb/node-api";

/** History that a take-off needs to see all landings of its last three hours; see features.sql. */
const historyMs = 26 * 3_600_000;

export type Flight = {
  /** The row in the file, as `f1502272`: the same in every window. */
  flight_id: string;
  origin: string;
  destination: string;
  /** Local hour of the take-off, 0 to 23. */
  hour: number;
  /** Local day of the take-off, 0 (Sunday) to 6. */
  weekday: number;
  /** Miles. */
  distance: number;
  /** Share of late flights, 0 to 1, among those that landed in the last three hours; null: none landed. */
  origin_late_3h: number | null;
  /** About, ms since 1970, UTC. */
  departed_at: number;
  /** About, ms since 1970, UTC. */
  landed_at: number;
  /** The truth: more than 15 minutes late on arrival. Not known before `landed_at`. */
  late: boolean;
};

export type FlightSource = {
  parquetPath: string;
  airportsPath: string;
  /** The first moment of take-off, UTC. */
  from: Date;
  /** The moment before which the last flight took off, UTC. */
  to: Date;
  /** The greatest number of flights; all of them if absent. */
  limit?: number | undefined;
  /** One flight in so many, always the same ones; their features are those of all flights. */
  oneIn?: number | undefined;
};

/** Where the npm package vega-datasets keeps the two files. It exports its entry only; the data lies beside it. */
export function flightFiles(): { parquetPath: string; airportsPath: string } {
  const entry = import.meta.resolve("vega-datasets");
  const locate = (name: string) => fileURLToPath(new URL(`../data/${name}`, entry));
  return { parquetPath: locate("flights-3m.parquet"), airportsPath: locate("airports.csv") };
}

/** Flights that took off in [from, to), one by one. Only a few thousand rows are held as objects at a time. */
export async function* readFlights(source: FlightSource): AsyncGenerator<Flight, void, undefined> {
  const { parquetPath, airportsPath, from, to, limit, oneIn = 1 } = source;
  const instance = await DuckDBInstance.create(":memory:", { threads: "2" });
  const connection = await instance.connect();
  try {
    // `date` is local and no airport of the data lies east of Greenwich: local is never later than UTC.
    await connection.run(`CREATE VIEW flights AS
      SELECT * FROM read_parquet(${quote(parquetPath)}, file_row_number = true)
      WHERE date >= ${timestamp(from.getTime() - historyMs)} AND date < ${timestamp(to.getTime())}`);
    await connection.run(`CREATE VIEW airports AS SELECT * FROM read_csv(${quote(airportsPath)})`);
    await connection.run(await readFile(new URL("./features.sql", import.meta.url), "utf8"));
    const result = await connection.stream(`
      SELECT flight_id, origin, destination, hour, weekday, distance::DOUBLE AS distance,
        origin_late_3h::DOUBLE AS origin_late_3h,
        departed_at::DOUBLE AS departed_at, landed_at::DOUBLE AS landed_at, late
      FROM flight_features
      WHERE departed_at >= ${from.getTime()} AND departed_at < ${to.getTime()}
        AND hash(flight_id) % ${Math.trunc(oneIn)} = 0
      ORDER BY departed_at, flight_id
      ${limit === undefined ? "" : `LIMIT ${Math.trunc(limit)}`}`);
    for await (const rows of result.yieldRowObjectJs()) {
      yield* rows as unknown as Flight[];
    }
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

// A view's definition takes no parameters, so values are written into it.
const quote = (text: string) => `'${text.replaceAll("'", "''")}'`;
const timestamp = (ms: number) => `TIMESTAMP '${new Date(ms).toISOString().slice(0, -1)}'`;
