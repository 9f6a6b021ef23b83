import { cpSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ComparisonResult, NewComparison } from "@slipway/contract";
import { createClient } from "@slipway/sdk";
import { beforeAll, describe, expect, test } from "vitest";
import { stringify as stringifyYaml } from "yaml";
import { runCli } from "../lib/cli.ts";
import { deploy, readManifest, upload } from "../lib/deploy.ts";
import { fetchJson } from "../lib/fetch-json.ts";
import { flight, patientFlights } from "../lib/models.ts";
import { useServer } from "../lib/server.ts";

describe("two versions on the same rows", { timeout: 120_000 }, () => {
  const server = useServer();
  const client = () => createClient({ url: server.url });
  const flights = patientFlights();
  const rows = Array.from({ length: 40 }, (_, i) => ({
    ...flight,
    origin: i % 2 === 0 ? "ATL" : "ORD",
    hour: i % 24,
    origin_late_3h: i % 4 === 0 ? 1 : 0,
    flight_id: `f${i}`,
  }));

  async function compare(request: NewComparison): Promise<ComparisonResult> {
    const started = await client().comparisons.create(request);
    return (await client().operations.wait(started.id)).result as unknown as ComparisonResult;
  }

  beforeAll(async () => {
    await deploy(server.url, flights.v1);
    await deploy(server.url, flights.v2, { traffic: false });
    const path = `${server.url}/api/v1/endpoints/flight-delay/predict`;
    await fetchJson(path, { json: rows.slice(0, 30) });
    for (const row of rows.slice(30)) await fetchJson(path, { json: row });
    for (const { flight_id: key, origin_late_3h: share } of rows.slice(0, 20))
      await client().labels.add("flight-delay", { key, value: share > 0 ? "late" : "on_time" });
  }, 120_000);

  test("requests on record, as they came, with the labels that have", async () => {
    const found = await compare({
      a: "flight-delay@champion",
      b: "flight-delay@2",
      since: "1h",
      slices: ["origin"],
      min_rows: 5,
    });
    expect(found).toMatchObject({
      a: "flight-delay@1",
      b: "flight-delay@2",
      on: { kind: "logged", endpoint: "flight-delay" },
      requests: 11,
      rows: 40,
      main: "late",
      failed: { a: 0, b: 0 },
      not_replayable: {},
      slices: [
        { slice: "origin = ATL", rows: 20 },
        { slice: "origin = ORD", rows: 20 },
      ],
      latency: { a: { requests: 11 }, b: { requests: 11 } },
    });
    // Version 1 does not know how late the airport runs; version 2 says late just where it does.
    expect(found.labelled).toMatchObject({ rows: 20, negative_flips: 0 });
    expect(found.different).toBeGreaterThan(0);
    expect(found.flips[0]).toMatchObject({ from: "on_time", to: "late" });
    expect(found.examples[0]).toMatchObject({
      inputs: null,
      a: { late: "on_time" },
      b: { late: "late" },
    });
    expect(found.examples[0]!.row).toMatch(/^[0-9a-f-]{36}(?:\/\d+)?$/);
    // Nothing of it was a prediction.
    expect((await client().predictions.list("flight-delay", { limit: 1000 })).items.length).toBe(40);
  });

  test("a version agrees with itself; of more rows than the limit, the newest", async () => {
    expect(await compare({ a: "flight-delay@2", b: "flight-delay@2", limit: 5 })).toMatchObject({
      rows: 5,
      limited: true,
      different: 0,
      disagreement: 0,
    });
  });

  test("the rows of a file, by the command line", async () => {
    const folder = mkdtempSync(join(tmpdir(), "slipway-compare-"));
    const file = join(folder, "held-out.csv");
    const lines = rows.map(({ origin, destination, hour, weekday, distance, origin_late_3h: share }) =>
      [origin, destination, hour, weekday, distance, share, share > 0].join(","),
    );
    const heading = "origin,destination,hour,weekday,distance,origin_late_3h,was_late";
    writeFileSync(file, [heading, ...lines].join("\n"));
    const versions = ["compare", "flight-delay@1", "flight-delay@2", "--on", file];
    const shown = await runCli([...versions, "--label", "was_late"], { url: server.url });
    expect([shown.code, shown.stderr.replaceAll(/^.*\r?\n/gm, "")]).toEqual([0, ""]);
    expect(shown.stdout).toMatch(/^compared +flight-delay@1 with flight-delay@2$/m);
    expect(shown.stdout).toMatch(/^labelled +40$/m);
    expect(shown.stdout).toMatch(/^negative flips +0 \(flight-delay@1 right, flight-delay@2 wrong\)$/m);
    expect(shown.stdout).toMatch(/^brier +40 /m);
    const wrong = await runCli([...versions, "--label", "nobody"], { url: server.url });
    expect(wrong.code).not.toBe(0);
    expect(wrong.stderr).toContain("held-out.csv has no column nobody");
    const sha256 = await upload(client(), Buffer.from("origin\nATL\n"));
    const lacking = compare({ a: "flight-delay@1", b: "flight-delay@2", file: { sha256, name: "held-out.csv" } });
    await expect(lacking).rejects.toMatchObject({
      code: "invalid_file",
      message: expect.stringMatching(/Line 2 and below of held-out\.csv: .*lacks "destination"/),
    });
  });

  test("a deploy brings what its gates read, and what they say stays with the version", async () => {
    const folder = join(mkdtempSync(join(tmpdir(), "slipway-gates-")), "v2");
    cpSync(flights.v2, folder, { recursive: true });
    const gates = ["signature", { behaviour: "b.yaml" }, { name: "own", command: ["sh", "bin/own.sh"] }];
    const section = { strategy: "immediate", gates };
    const { rollout: _, ...manifest } = readManifest(folder);
    writeFileSync(join(folder, "slipway.yaml"), stringifyYaml({ ...manifest, rollout: section }));
    mkdirSync(join(folder, "bin"));
    writeFileSync(join(folder, "bin/own.sh"), "echo asked of $SLIPWAY_CANDIDATE at $SLIPWAY_URL");
    const golden = { name: "known", kind: "golden", records: [flight], expect: [{ late_p_late: 7 }] };
    writeFileSync(join(folder, "b.yaml"), stringifyYaml({ tests: [golden] }));
    const deployed = await runCli(["deploy", folder], { url: server.url, timeoutMs: 60_000 });
    expect(deployed.stderr + deployed.stdout).toContain("flight-delay@2");
    const said = () => client().versions.gates("flight-delay", 2);
    await expect.poll(async () => (await said()).length, { timeout: 30_000 }).toBe(3);
    expect((await said()).map(({ gate, verdict, compared_with: version }) => [gate, verdict, version])).toEqual([
      ["own", "pass", 1],
      ["behaviour", "fail", 1],
      ["signature", "pass", 1],
    ]);
    const shown = await runCli(["show", "flight-delay@2"], { url: server.url });
    expect(shown.stdout).toMatch(/^gates +signature: pass\./m);
    expect(shown.stdout).toMatch(
      /^ +behaviour: fail\. flight-delay@2 fails "known": 1 of 1 cases; late_p_late is 0\.\d+, expected 7\./m,
    );
    expect(shown.stdout).toContain(`own ended with 0. asked of flight-delay@2 at ${server.url}`);
    const digests = (await client().versions.get("flight-delay", 2)).files.map(({ path }) => path);
    expect(digests).not.toContain("b.yaml");
    expect((await client().endpoints.get("flight-delay")).target).toMatchObject({ version: 1 });
  });

  test("no file of a gate escapes its folder", async () => {
    const sha256 = await upload(client(), Buffer.from("x"));
    const files = [{ path: "m.onnx", sha256 }];
    const gate_files = [{ path: "../../slipway.db", sha256 }];
    const refused = client().deployments.create({ name: "m", entry: "m.onnx", files, gate_files });
    await expect(refused).rejects.toMatchObject({ code: "invalid_request" });
  });
});
