import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "@slipway/sdk";
import { afterAll, expect, test } from "vitest";
import { runCli } from "../lib/cli.ts";
import { deploy } from "../lib/deploy.ts";
import { flight, flights } from "../lib/models.ts";
import { startServer, useServer } from "../lib/server.ts";

const server = useServer();
const room = mkdtempSync(join(tmpdir(), "slipway-restored-"));
afterAll(() => rmSync(room, { recursive: true, force: true }));
const sql = "select key, late, late_p_late, value from predictions left join labels using (id, row) order by key";

async function slipway(url: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await runCli([...args, "-o", "json"], { url, timeoutMs: 60_000 });
  expect(code, stderr).toBe(0);
  return stdout;
}

test("Parquet, labels and what a replay needs come back from a backup", { timeout: 120_000 }, async () => {
  await deploy(server.url, flights.v2);
  const { predict } = createClient({ url: server.url }).endpoint("flight-delay");
  for (const flight_id of ["a", "b", "c"]) await predict({ ...flight, flight_id });
  await slipway(server.url, "label", "flight-delay", "--key", "a", "--value", "late");
  const before = await slipway(server.url, "predictions", "flight-delay", "--sql", sql);
  // One prediction and one label that the lake does not have yet.
  await predict({ ...flight, flight_id: "d" });
  await slipway(server.url, "label", "flight-delay", "--key", "b", "--value", "on_time");
  const file = join(room, "slipway.tar");
  await slipway(server.url, "backup", file);
  const data = join(room, "data");
  await slipway(server.url, "restore", file, "--data", data);

  const other = await startServer({ data });
  const after = JSON.parse(await slipway(other.url, "predictions", "flight-delay", "--sql", sql)) as object[];
  const [a, b, c] = JSON.parse(before) as object[];
  expect(a).toMatchObject({ key: "a", value: "late", late: "on_time" });
  expect(after).toEqual([a, { ...b, value: "on_time" }, c, { ...c, key: "d" }]);
  const replayed = JSON.parse(await slipway(other.url, "replay", "flight-delay")) as object;
  expect(replayed).toMatchObject({ total: 4, identical: 4, different: 0 });
});
