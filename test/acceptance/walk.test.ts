import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Prediction } from "@slipway/contract";
import { createClient } from "@slipway/sdk";
import { describe, expect, test } from "vitest";
import { runCli, type CliResult } from "../lib/cli.ts";
import { fetchJson } from "../lib/fetch-json.ts";
import { flight, patientFlights, scaledMatrix } from "../lib/models.ts";
import { useServer } from "../lib/server.ts";

const server = useServer();
const folder = mkdtempSync(join(tmpdir(), "slipway-walk-"));
const flights = patientFlights();
const name = "flight-delay";
const { origin_late_3h: late3h, ...scheduled } = flight;

function cli(...args: string[]): Promise<CliResult> {
  return runCli(args, { url: server.url });
}

type Loose = ReturnType<typeof JSON.parse>;

/** A command that succeeds and answers JSON. */
async function json<T = Loose>(...args: string[]): Promise<T> {
  const { code, stdout, stderr } = await cli(...args, "--json");
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout) as T;
}

async function refused(code: number, message: string | RegExp, ...args: string[]): Promise<void> {
  const result = await cli(...args);
  expect(result.stderr).toMatch(message);
  expect(result.code).toBe(code);
}

async function serves(version: number | null): Promise<void> {
  const { body } = await fetchJson(`${server.url}/api/v1/endpoints/${name}`);
  expect(body.target?.version ?? null).toBe(version);
}

async function predictions(...args: string[]): Promise<Prediction[]> {
  return json<Prediction[]>("predictions", name, ...args);
}

const client = () => createClient({ url: server.url });
/** What later steps compare with. */
const seen = { digest: "", first: "", operations: 0 };

describe("one model from its file to its second version and back", { timeout: 120_000 }, () => {
  test("deploy says what it made and how to call it", async () => {
    const { code, stdout, stderr } = await cli("deploy", flights.v1, "-m", "the first one");
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(/flight-delay@1/);
    expect(stdout).toMatch(/serves flight-delay \(revision 1\)/);
    seen.digest = /digest\s+([0-9a-f]{64})/.exec(stdout)?.[1] ?? "";
    const command = /curl -s '([^']+)' -H 'content-type: application\/json' -d '([^']+)'/.exec(stderr);
    const answer = await fetchJson(command?.[1] ?? "", { json: JSON.parse(command?.[2] ?? "null") });
    expect(answer.status).toBe(200);
    expect(answer.body.prediction.late.class).toMatch(/^(on_time|late)$/);
  });

  test("predict: one record, a list, a file, stdin, JSON Lines, the SDK", async () => {
    const one = await json("predict", name, "--data", JSON.stringify(flight), "--key", "walk-1");
    expect(one).toMatchObject({ endpoint: name, version: 1, logged: true });
    const { on_time: early, late } = one.prediction.late.probabilities;
    expect(early + late).toBeCloseTo(1, 5);
    seen.first = one.id;

    const file = join(folder, "flights.json");
    writeFileSync(file, JSON.stringify([flight, { ...flight, hour: 23 }]));
    const many = await json("predict", name, "--file", file);
    expect(many.predictions[0]).toEqual(one.prediction);
    expect(many.predictions[1]).not.toEqual(one.prediction);

    const lines = `${JSON.stringify(flight)}\n${JSON.stringify({ ...flight, hour: 23 })}\n`;
    const piped = await runCli(["predict", name, "-", "-o", "csv"], { url: server.url, stdin: lines });
    expect(piped.stderr).toBe("");
    expect(piped.stdout.split("\n")).toHaveLength(4);
    expect(piped.stdout).toMatch(/^late\.class,late\.probabilities\.on_time,late\.probabilities\.late,version,id\n/);

    const typed = await client()
      .endpoint(name)
      .predict({ ...scheduled }, { key: "walk-2" });
    expect(typed.prediction).toEqual(one.prediction);
  });

  test("OIP: named columns, with and without the version in the path", async () => {
    const column = (input: string, datatype: string, data: unknown[]) => ({
      name: input,
      datatype,
      shape: [2, 1],
      data,
    });
    const request = {
      id: "walk-oip",
      inputs: [
        column("distance", "FP32", [760, 760]),
        column("origin", "BYTES", ["ATL", "SFO"]),
        column("destination", "BYTES", ["JFK", "JFK"]),
        column("hour", "INT64", [8, 23]),
        column("weekday", "INT64", [1, 1]),
      ],
    };
    const { body, headers } = await fetchJson(`${server.url}/v2/models/${name}/infer`, { json: request });
    expect(body).toMatchObject({ model_name: name, model_version: "1", id: "walk-oip" });
    expect(body.outputs).toMatchObject([{ name: "late", datatype: "FP32", shape: [2, 2] }]);
    const pinned = await fetchJson(`${server.url}/v2/models/${name}/versions/1/infer`, { json: request });
    expect(pinned.body.outputs).toEqual(body.outputs);
    const both = await fetchJson(`${server.url}/v2/models/${name}/versions/2/infer`, { json: request });
    expect([both.status, both.body.error]).toEqual([404, expect.stringMatching(/version 2|flight-delay@2/)]);

    const find = async (id: string | null) => (await fetchJson(`${server.url}/api/v1/predictions/${id}`)).body;
    const record = await find(headers.get("x-slipway-prediction"));
    expect(record).toMatchObject({ face: "oip", pinned: false, rows: 2, request_id: "walk-oip" });
    expect(await find(pinned.headers.get("x-slipway-prediction"))).toMatchObject({
      face: "oip",
      pinned: true,
      version: 1,
    });
  });

  test("predictions: listed, found by key, told whole, errors by themselves", async () => {
    const all = await predictions("--limit", "all");
    expect(all.length).toBeGreaterThanOrEqual(10);
    expect(all.every((item) => item.endpoint === name && item.version === 1)).toBe(true);
    expect((await predictions("--key", "walk-1")).map((item) => item.id)).toEqual([seen.first]);
    expect((await predictions("--limit", "2")).map((item) => item.id)).toEqual(all.slice(0, 2).map((item) => item.id));
    const whole = await json("predictions", "show", seen.first);
    expect(whole).toMatchObject({ id: seen.first, key: "walk-1", status: "ok", inputs: scheduled });
    expect(whole).toMatchObject({ extra: { origin_late_3h: late3h }, digest: seen.digest, rows: 1, revision: 1 });
    await refused(4, /no prediction/, "predictions", "show", "01931c3e-7a51-7c60-b3a5-0d2f6f1f2a11");

    const wrong = await cli("predict", name, "--data", JSON.stringify({ ...flight, hour: "eight" }), "--json");
    expect(wrong.code).toBe(1);
    expect(wrong.stderr).toMatch(/hour/);
    const errors = await predictions("--errors");
    expect(errors.every((item) => item.status === "error")).toBe(true);
    expect(errors[0]?.error?.message).toMatch(/hour/);
    const table = await cli("predictions", name, "--errors");
    expect(table.stdout).toMatch(/invalid_input/);
  });

  test("deploying the same bytes and the same model section makes nothing new", async () => {
    const { code, stdout } = await cli("deploy", flights.v1);
    expect(code).toBe(0);
    expect(stdout).toMatch(/flight-delay@1, which was there already/);
    expect(await json("deploy", flights.v1)).toMatchObject({ version: 1, created: false, revision: 1 });
    expect(await json<unknown[]>("versions", name)).toHaveLength(1);
    expect(await json<unknown[]>("history", name)).toHaveLength(1);
  });

  test("--expect refuses a version of another digest and leaves nothing", async () => {
    await refused(5, /digest/, "deploy", flights.v2, "--expect", "0".repeat(64));
    expect(await json<unknown[]>("versions", name)).toHaveLength(1);
    await serves(1);
    const same = await json("deploy", flights.v1, "--expect", seen.digest);
    expect(same).toMatchObject({ version: 1, digest: seen.digest });
  });

  test("--no-traffic makes a version that serves nobody, and can be asked by its number", async () => {
    const made = await json("deploy", flights.v2, "--no-traffic");
    expect(made).toMatchObject({ version: 2, created: true, endpoint: null, revision: null });
    await serves(1);
    const asked = await json("predict", `${name}@2`, "--data", JSON.stringify(flight));
    expect(asked.version).toBe(2);
    expect(await json("predictions", "show", asked.id)).toMatchObject({ version: 2, pinned: true });
  });

  test("the second version, back and forward again, with a history that says who did what", async () => {
    expect(await json("deploy", flights.v2, "-m", "with the airport's state")).toMatchObject({
      version: 2,
      created: false,
      revision: 2,
    });
    await serves(2);
    expect(await json("rollback", name, "-m", "wait")).toMatchObject({ target: { version: 1 }, revision: 3 });
    await serves(1);
    await refused(5, /nothing to go back to/, "rollback", name);
    expect(await json("promote", `${name}@2`)).toMatchObject({ target: { version: 2 }, revision: 4 });
    expect(await json("show", `${name}@champion`)).toMatchObject({ version: 2 });
    expect(await json("rollback", name, "--to", "1")).toMatchObject({ target: { version: 1 } });
    expect(await json("show", `${name}@champion`)).toMatchObject({ version: 1 });
    await json("promote", `${name}@2`);
    await refused(4, /version 9|flight-delay@9/, "promote", `${name}@9`);
    const history = await json("history", name);
    expect(history.map((item: Loose) => item.action)).toEqual([
      "promote",
      "rollback",
      "promote",
      "rollback",
      "deploy",
      "deploy",
    ]);
    expect(history[4]).toMatchObject({ revision: 2, message: "with the airport's state" });
    expect(history[4].changes).toContainEqual({ path: "target.version", from: 1, to: 2 });
    const moved = await json("predict", name, "--data", JSON.stringify(flight));
    const pinned = await json("predict", `${name}@1`, "--data", JSON.stringify(scheduled));
    expect([moved.version, pinned.version]).toEqual([2, 1]);
    expect(moved.prediction).not.toEqual(pinned.prediction);
  });

  test("diff and alias set", async () => {
    const { changes } = await json("diff", `${name}@1`, `${name}@2`);
    expect(changes.map((change: { path: string }) => change.path)).toEqual(
      expect.arrayContaining(["digest", "files.model.onnx.sha256"]),
    );
    expect(JSON.stringify(changes)).toContain("origin_late_3h");
    expect((await cli("diff", `${name}@1`, `${name}@2`)).stdout).toContain("origin_late_3h");
    await json("alias", "set", `${name}@1`, "challenger");
    expect(await json("show", `${name}@challenger`)).toMatchObject({ version: 1 });
    const asked = await json("predict", `${name}@challenger`, "--data", JSON.stringify(scheduled));
    expect(asked.version).toBe(1);
    // The endpoint follows no alias, so moving one moves no traffic.
    await serves(2);
    await refused(4, /alias/, "show", `${name}@nobody`);
  });

  test("apply brings the endpoint to a file, once", async () => {
    const file = join(folder, "slipway.yaml");
    writeFileSync(file, `slipway: 1\nname: ${name}\nserve: {timeout: 9s}\n`);
    const dry = await json("apply", "-f", file, "--dry-run");
    expect(dry.changes).toMatchObject([{ from: 10_000, to: 9_000 }]);
    expect((await fetchJson(`${server.url}/api/v1/endpoints/${name}`)).body.serve.timeout_ms).toBe(10_000);
    const first = await json("apply", "-f", file);
    expect(first).toMatchObject({ changed: true, revision: dry.revision + 1 });
    expect(await json("apply", "-f", file)).toMatchObject({
      changed: false,
      revision: first.revision,
      changes: [],
    });
    expect((await cli("apply", "-f", file, "--dry-run")).stderr).toMatch(/is as .* says/);
    writeFileSync(file, `slipway: 1\nname: ${name}\nserve: {timeuot: 1s}\nrollout: {stepps: []}\n`);
    await refused(1, /did you mean "?timeout/i, "apply", "-f", file);
    await refused(1, /did you mean "?steps/i, "apply", "-f", file);
  });

  test("undeploy, and what is deleted only when nobody uses it", async () => {
    await refused(5, /uses flight-delay@2/, "delete", `${name}@2`, "--yes");
    await refused(5, /uses flight-delay/, "delete", name, "--yes");
    await refused(5, /--yes/, "undeploy", name);
    await json("undeploy", name, "--yes");
    await serves(null);
    await refused(4, /not deployed/, "predict", name, "--data", JSON.stringify(flight));
    expect((await predictions("--limit", "1")).length).toBe(1);
    await json("rollback", name);
    await serves(2);
  });

  test("a restart keeps models, versions, aliases, endpoints, history, operations and predictions", async () => {
    const look = async () => ({
      models: await json("models"),
      versions: await json("versions", name),
      endpoints: await json("endpoints"),
      history: await json("history", name, "--limit", "all"),
      operations: await json("operations", "--limit", "all"),
      predictions: await predictions("--limit", "all"),
    });
    const before = await look();
    await server.restart();
    expect(await look()).toEqual(before);
    const again = await json("predict", `${name}@1`, "--data", JSON.stringify(scheduled));
    expect(again.version).toBe(1);
    await serves(2);
    expect((await predictions("--limit", "all")).length).toBe(before.predictions.length + 1);
    expect((await cli("status")).stdout).toMatch(/flight-delay\s+flight-delay@2\s+ready/);
  });

  test("alias delete and delete, in the end", async () => {
    await json("alias", "delete", name, "challenger", "--yes");
    await json("delete", `${name}@1`, "--yes");
    await refused(4, /no version|flight-delay@1/i, "show", `${name}@1`);
    await json("undeploy", name, "--yes");
    await json("delete", name, "--yes");
    expect(await json("models")).toEqual([]);
    await refused(4, /no model/, "show", name);
  });
});

describe("a version number names the same bytes for ever", { timeout: 120_000 }, () => {
  test("a deleted number is not given out again", async () => {
    const files = [1, 2, 3].map((factor) => scaledMatrix(factor));
    for (const file of files.slice(0, 2)) await json("deploy", file, "--name", "numbered");
    await json("rollback", "numbered");
    await json("delete", "numbered@2", "--yes");
    expect(await json("deploy", files[2] ?? "", "--name", "numbered")).toMatchObject({ version: 3 });
  });
});
