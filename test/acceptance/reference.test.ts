import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { createClient } from "@slipway/sdk";
import { afterAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { deploy, upload } from "../lib/deploy.ts";
import { flights } from "../lib/models.ts";
import { useServer } from "../lib/server.ts";

const folder = mkdtempSync(join(tmpdir(), "slipway-reference-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Flights of twelve days, with when they took off and what came true, and without what the model answers. */
function flightsCsv(rows: number): string {
  const lines = Array.from({ length: rows }, (_, i) => {
    const at = new Date(Date.UTC(2025, 0, 1) + Math.floor((i * 12 * 86_400_000) / rows)).toISOString();
    const hour = (i * 7) % 24;
    return [
      ["ATL", "ORD", "SFO"][i % 3],
      "LAX",
      hour,
      i % 7,
      500 + (i % 40),
      at,
      hour > 17 ? "late" : "on_time",
    ].join();
  });
  return ["origin,destination,hour,weekday,distance,departed,was_late", ...lines, ""].join("\n");
}

/** Three columns that the answer hangs on more and less, an hour apart. */
function scoresCsv(rows: number, more: (i: number) => string = () => ""): string {
  const lines = Array.from({ length: rows }, (_, i) => {
    const [much, little, nothing] = [((i * 37) % 101) / 100, ((i * 53) % 97) / 100, ((i * 71) % 89) / 100];
    const at = new Date(Date.UTC(2025, 1, 1) + i * 60_000).toISOString();
    return [at, much, little, nothing, Math.min(1, 0.8 * much + 0.2 * little)].join() + more(i);
  });
  return lines.join("\n");
}
const scoresHead = "time,much,little,nothing,prediction";
/** The reference has these two beside. */
const beside = "half,shop";

describe("the reference of a version", { timeout: 120_000 }, () => {
  const server = useServer();
  const client = () => createClient({ url: server.url });
  const make = async (name: string) => {
    const operation = await client().monitoring.makeReference(name);
    await client().operations.wait(operation.id);
    return client().monitoring.reference(name);
  };
  const put = (text: string) => upload(client(), Buffer.from(text));
  const importCsv = async (name: string, text: string, reference?: string) => {
    const given =
      reference === undefined ? {} : { reference: { sha256: await put(reference), format: "csv" as const } };
    const operation = await client().predictions.import(name, { sha256: await put(text), format: "csv", ...given });
    return (await client().operations.wait(operation.id)).result;
  };

  test("is made of its training data, which the version itself answers where it has no answers", async () => {
    const reference = join(folder, "reference.csv");
    writeFileSync(reference, flightsCsv(1500));
    const { model } = parse(readFileSync(join(flights.v1, "slipway.yaml"), "utf8")) as {
      model: Record<string, unknown>;
    };
    const { examples: _, ...section } = model;
    const training = { reference: basename(reference) };
    await deploy(server.url, join(flights.v1, "model.onnx"), {
      name: "flight-delay",
      manifest: { model: { ...section, training } },
      beside: [reference],
    });
    const { reference: found, columns, metrics } = await make("flight-delay");
    expect(found).toMatchObject({
      source: "training",
      provisional: false,
      rows: 1500,
      label: "was_late",
      from: "2025-01-01T00:00:00.000Z",
      notes: [],
    });
    expect(found?.blocks).toBeGreaterThanOrEqual(11);
    const named = new Map(columns.map((column) => [column.name, column]));
    expect(named.get("origin")).toMatchObject({ role: "input", kind: "category" });
    expect(named.get("late")?.reference).toMatchObject({ rows: 1500, missing: 0 });
    expect(named.get("late_p_late")).toMatchObject({ role: "output", kind: "number" });
    expect(metrics.map(({ metric }) => metric)).toContain("roc_auc");
  });

  test("tells which inputs the answers hang on, and is kept by gc", async () => {
    const rows = `${scoresHead},shop\n${scoresCsv(40, () => ",1")}\n`;
    const reference = `${scoresHead},${beside}\n${scoresCsv(1200, (i) => `,${i % 2},${i % 5}`)}\n`;
    expect(await importCsv("scores", rows, reference)).toMatchObject({ version: 1, stored: 40 });
    const { reference: found, columns } = await make("scores");
    expect(found).toMatchObject({ source: "training", rows: 1200, label: "half" });
    const importance = Object.fromEntries(columns.map((column) => [column.name, column.importance]));
    expect(importance["much"]).toBeGreaterThan(0.8);
    expect(importance["little"]).toBeGreaterThan(0.02);
    expect(importance["nothing"]).toBeLessThan(0.01);
    const before = listBlobs(server.data);
    const gc = await client().server.gc({ older_than_ms: 0 });
    await client().operations.wait(gc.id);
    // The file that was imported is not needed any more; the reference and its sample are, of both versions.
    const gone = before.filter((sha256) => !listBlobs(server.data).includes(sha256));
    expect(gone).toEqual([await put(rows)]);
  });

  test("is provisional where it is made of the first predictions, and there is none before there are enough", async () => {
    await importCsv("few", `${scoresHead}\n${scoresCsv(20)}\n`);
    await expect(make("few")).rejects.toThrow(/no rows yet that few@1 could be compared with/);
    await importCsv("many", `${scoresHead}\n${scoresCsv(600)}\n`);
    expect((await make("many")).reference).toMatchObject({ source: "predictions", provisional: true, rows: 500 });
  });

  test("that was made of predictions goes with them where some are erased, and is made anew of what is left", async () => {
    const before = new Set(listBlobs(server.data));
    const file = `${scoresHead}\n${scoresCsv(510)}\n`;
    await importCsv("erased", file);
    await make("erased");
    const [sample, ...more] = listBlobs(server.data).filter((sha256) => !before.has(sha256) && !isFile(file, sha256));
    expect(more).toEqual([]);
    const erase = async (where: string) =>
      client().operations.wait((await client().predictions.erase("erased", { where })).id);
    await erase("much < 0.01");
    expect(listBlobs(server.data)).not.toContain(sample);
    const { rows = 0 } = (await make("erased")).reference ?? {};
    expect(rows).toBeGreaterThanOrEqual(500);
    expect(rows).toBeLessThan(510);
    await erase("much < 0.5");
    expect((await client().monitoring.reference("erased")).reference).toBeNull();
    await expect(make("erased")).rejects.toThrow(/no rows yet/);
  });

  test("stays where it is of training data and predictions are erased", async () => {
    const rows = `${scoresHead}\n${scoresCsv(30)}\n`;
    await importCsv("trained", rows, `${scoresHead}\n${scoresCsv(900)}\n`);
    const { reference: made } = await make("trained");
    const { id } = await client().predictions.erase("trained", { where: "much < 0.5" });
    await client().operations.wait(id);
    expect((await client().monitoring.reference("trained")).reference).toEqual(made);
  });

  test("goes with its version, and gc takes its sample", async () => {
    const before = new Set(listBlobs(server.data));
    const file = `${scoresHead}\n${scoresCsv(2_100)}\n`;
    await importCsv("gone", file);
    await make("gone");
    const [sample] = listBlobs(server.data).filter((sha256) => !before.has(sha256) && !isFile(file, sha256));
    await client().versions.remove("gone", 1);
    const collect = async (dry_run: boolean) =>
      client().operations.wait((await client().server.gc({ older_than_ms: 0, dry_run })).id);
    await collect(true);
    expect(listBlobs(server.data)).toContain(sample);
    await collect(false);
    expect(listBlobs(server.data)).not.toContain(sample);
  });
});

function isFile(text: string, sha256: string): boolean {
  return createHash("sha256").update(text).digest("hex") === sha256;
}

function listBlobs(data: string): string[] {
  const shelves = readdirSync(join(data, "blobs")).filter((name) => name !== "partial");
  return shelves.flatMap((shelf) => readdirSync(join(data, "blobs", shelf)));
}
