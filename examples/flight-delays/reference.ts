// Writes v1/reference.parquet and v2/reference.parquet: some flights of each day that the version was trained on, as its callers
// send them, with when they took off and what came true. The monitor compares the traffic with them.
//   node examples/flight-delays/reference.ts
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { DuckDBInstance } from "@duckdb/node-api";
import { flightFiles } from "./features.ts";

/** Of each day, whatever its traffic, so that every day tells how much days differ. */
const flightsADay = 250;

const quote = (text: string) => `'${text.replaceAll("'", "''")}'`;
const target = (version: string) => fileURLToPath(new URL(`./${version}/reference.parquet`, import.meta.url));

const { parquetPath, airportsPath } = flightFiles();
const instance = await DuckDBInstance.create(":memory:", { threads: "2" });
const connection = await instance.connect();
await connection.run(`CREATE VIEW flights AS
  SELECT * FROM read_parquet(${quote(parquetPath)}, file_row_number = true) WHERE date < TIMESTAMP '2001-04-01'`);
await connection.run(`CREATE VIEW airports AS SELECT * FROM read_csv(${quote(airportsPath)})`);
await connection.run(await readFile(new URL("./features.sql", import.meta.url), "utf8"));
const columns = {
  v1: "origin, destination, hour, weekday, distance",
  v2: "origin, destination, hour, weekday, distance, origin_late_3h",
};
for (const [version, before] of [
  ["v1", "2001-02-01"],
  ["v2", "2001-04-01"],
] as const)
  await connection.run(`COPY (
    SELECT ${columns[version]}, make_timestamp(departed_at * 1000) AS departed_at,
      CASE WHEN late THEN 'late' ELSE 'on_time' END AS was_late
    FROM flight_features WHERE departed_at < epoch_ms(TIMESTAMP '${before}')
    QUALIFY row_number() OVER (PARTITION BY departed_at // 86400000 ORDER BY hash(flight_id)) <= ${flightsADay}
    ORDER BY departed_at, flight_id
  ) TO ${quote(target(version))} (FORMAT parquet, COMPRESSION zstd)`);
connection.closeSync();
instance.closeSync();
