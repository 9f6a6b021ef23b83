import { DuckDBInstance } from "@duckdb/node-api";
import { createReadStream, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import type { DeployResult, ManifestRollout } from "@slipway/contract";
import { decodeExamples, encodeExamples, encodeRoute, examplesFile, recordsToTensors } from "@slipway/runtime";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readManifest } from "../../../../test/lib/deploy.ts";
import { flights } from "../../../../test/lib/models.ts";
import { parseConfig } from "../config/index.ts";
import { systemClock } from "../kernel/clock.ts";
import { createId } from "../kernel/ids.ts";
import { createLifecycle } from "../kernel/lifecycle.ts";
import { silentLogger } from "../kernel/logger.ts";
import { isFinished } from "../platform/queue/index.ts";
import { resolveRollout } from "../rollouts/resolve.ts";
import { toFirstStatus, type Rollout } from "../rollouts/rollout.ts";
import type { GateResult } from "../rollouts/index.ts";
import { createGateStore } from "../rollouts/gates/store.ts";
import type { Sql } from "../platform/sql/index.ts";
import { startCapabilities, type Capabilities } from "./capabilities.ts";
import { openStorage } from "./storage.ts";

const data = mkdtempSync(join(tmpdir(), "slipway-gates-"));
const instance = createId();
const lifecycle = createLifecycle(systemClock, silentLogger);
const held = { data: "holdout.parquet", label: "was_late", metric: "brier" } as const;
let app: Capabilities;
let sql: Sql;

beforeAll(async () => {
  const config = parseConfig({ flags: { data } });
  const storage = await openStorage(data, { lifecycle, clock: systemClock });
  ({ sql } = storage);
  const base = { config, storage, instance, workers: null, url: () => "http://0.0.0.0:1" };
  app = await startCapabilities({ ...base, clock: systemClock, logger: silentLogger, lifecycle });
  await deployFlights("v1", true);
  await deployFlights("v2", false);
  await attach("flight-delay", "holdout.parquet", { sha256: await makeHoldout() });
  await send("flight-delay", 120);
}, 60_000);

afterAll(async () => {
  await lifecycle.stop();
  rmSync(data, { recursive: true, force: true });
});

async function upload(bytes: Readable): Promise<string> {
  return (await app.blobs.receive(bytes)).sha256;
}

async function deployFlights(version: "v1" | "v2", traffic: boolean): Promise<void> {
  const folder = flights[version];
  const { rollout: _, ...manifest } = readManifest(folder);
  const names = ["model.onnx", "examples.json", "reference.parquet"];
  const files = await Promise.all(
    names.map(async (path) => ({ path, sha256: await upload(createReadStream(join(folder, path))) })),
  );
  await deploy({ name: "flight-delay", entry: "model.onnx", files, manifest, traffic });
}

/** Some flights whose end is known. */
async function makeHoldout(): Promise<string> {
  const path = join(data, "holdout.parquet");
  const db = await (await DuckDBInstance.create()).connect();
  const flown = join(flights.v2, "reference.parquet");
  await db.run(
    `copy (select * from read_parquet('${flown}', file_row_number = true) where file_row_number % 8 = 0) to '${path}' (format parquet)`,
  );
  db.closeSync();
  return upload(createReadStream(path));
}

async function deploy(request: Parameters<Capabilities["endpoints"]["deploy"]>[0]): Promise<DeployResult> {
  const { id } = await app.endpoints.deploy(request, null);
  const ended = await new Promise<{ result: object | null; error: unknown }>((resolve) => {
    app.operations.watch(id, (operation) => isFinished(operation.state) && resolve(operation));
  });
  if (ended.result === null) throw new Error(JSON.stringify(ended.error));
  return ended.result as DeployResult;
}

/** Beside both versions. */
async function attach(model: string, path: string, file: { sha256: string } | { text: string }): Promise<void> {
  const sha256 = "text" in file ? await upload(Readable.from([Buffer.from(file.text)])) : file.sha256;
  const { size } = (await app.blobs.stat(sha256))!;
  for (const version of [1, 2]) await app.gates.files.attach(model, version, [{ path, sha256, size }]);
}

/** Requests on record that version 1 answered. */
async function send(endpoint: string, count: number): Promise<void> {
  const version = await app.registry.requireVersion("flight-delay", 1);
  const { signature, digest } = version;
  const route = encodeRoute({
    instance,
    epoch: 1,
    endpoint,
    revision: 1,
    model: "flight-delay",
    version: 1,
    digest: digest!,
  });
  const answer = { name: "late", datatype: "FP32", shape: [1, 2], data: Float32Array.of(0.5, 0.5) } as const;
  for (let i = 0; i < count; i++) {
    const fields = { origin: "ATL", destination: "JFK", hour: i % 24, weekday: i % 7, distance: 300 + 10 * i };
    const { tensors } = recordsToTensors(signature, [fields], { extraFields: new Set() });
    const id = createId();
    const known = { id, at: systemClock.now() * 1000, status: "ok", rows: 1, pinned: false, face: "predict" } as const;
    const extra = [{ origin_late_3h: (i % 10) / 10 }];
    const record = { ...known, route, inputs: tensors, outputs: [answer], extra };
    const durations = { parse: 1, queue: 1, run: 1, total: 3 };
    await new Promise<void>((resolve, reject) =>
      app.predictions.append({ ...record, durations, batchRows: 1 }, {}, (logged) =>
        logged ? resolve() : reject(new Error("not logged")),
      ),
    );
  }
}

type GateSection = NonNullable<ManifestRollout["gates"]>[number];

function toRollout(
  gates: GateSection[],
  versions: Partial<Pick<Rollout, "endpoint" | "model" | "from" | "to">> = {},
): Rollout {
  const about = { endpoint: "flight-delay", model: "flight-delay", from: 1, to: 2, ...versions };
  const spec = resolveRollout({ strategy: "immediate", gates });
  const times = { createdAt: 0, updatedAt: 0 };
  return {
    id: createId(),
    ...about,
    strategy: "immediate",
    spec,
    status: toFirstStatus(1),
    author: null,
    message: null,
    ...times,
  };
}

/** Runs gates to their end. */
async function ask(rollout: Rollout): Promise<readonly GateResult[]> {
  await app.gates.run(rollout);
  for (;;) {
    const found = await app.gates.results(rollout);
    if (found !== null) return found;
    await systemClock.sleep(20);
  }
}

async function askOne(gate: GateSection, versions?: Parameters<typeof toRollout>[1]): Promise<GateResult> {
  const [found] = await ask(toRollout([gate], versions));
  return found!;
}

async function apply(section: object): Promise<void> {
  const manifest = { slipway: 1, name: "flight-delay", ...section };
  await app.endpoints.apply("flight-delay", manifest, { dryRun: false, author: null, message: null });
}

const backwards = { from: 2, to: 1 };

describe("each gate lets a good version pass, and stops one for its own reason", () => {
  test("signature", async () => {
    expect(await askOne("signature")).toMatchObject({ verdict: "pass" });
    await apply({ log: { key: "flight_id" } });
    expect(await askOne("signature", backwards)).toMatchObject({
      verdict: "fail",
      message: expect.stringContaining("input origin_late_3h is gone"),
    });
    const allowed = toRollout(["signature"], backwards);
    expect(await ask({ ...allowed, spec: { ...allowed.spec, allowBreaking: true } })).toMatchObject([
      { verdict: "pass", message: expect.stringMatching(/^Allowed by [^]*origin_late_3h is gone/) },
    ]);
  });

  test("parity", async () => {
    expect(await askOne("parity")).toMatchObject({ verdict: "pass", evidence: { rows: 100 } });
    // A version whose examples say something else than its model.
    const { origin: _, ...second } = await app.registry.requireVersion("flight-delay", 2);
    const own = second.files.find(({ path }) => path === examplesFile)!;
    const examples = decodeExamples(readFileSync(app.blobs.path(own.sha256)));
    for (const { tensor } of examples.expected) (tensor.data as Float32Array).fill(0.5);
    const sha256 = await upload(Readable.from([encodeExamples(examples)]));
    const files = second.files.map((file) => (file === own ? { ...file, sha256 } : file));
    await app.registry.createVersion({ ...second, files, digest: "ab".repeat(32) }, { reuse: false });
    const found = await askOne("parity", { to: 3 });
    expect(found).toMatchObject({
      verdict: "fail",
      message: expect.stringContaining("flight-delay@3 does not answer its examples as it did at training"),
    });
  });

  test("training_age", async () => {
    expect(await askOne("training_age")).toMatchObject({ verdict: "pass" });
    const age = (text: string) => apply({ serve: { timeout: "10s", max_training_age: text } });
    await age("1s");
    expect(await askOne("training_age")).toMatchObject({
      verdict: "fail",
      message: expect.stringContaining("serve.max_training_age allows"),
    });
    await age("36500d");
    expect(await askOne("training_age")).toMatchObject({
      verdict: "pass",
      message: expect.stringContaining("trained at"),
    });
  });

  test("offline: the same held-out rows, paired, within a margin", async () => {
    const better = await askOne({ offline: held });
    expect(better).toMatchObject({
      gate: "offline",
      verdict: "pass",
      evidence: { metric: "brier", rows: expect.any(Number), data_sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
    });
    expect(Number(better.evidence["candidate"])).toBeLessThan(Number(better.evidence["champion"]));
    expect(await askOne({ offline: { ...held, margin: 0.005 } }, backwards)).toMatchObject({
      verdict: "fail",
      message: expect.stringMatching(
        /brier is 0\.15\d? with flight-delay@1 .* at least 0\.01\d* worse, and 0\.005 is allowed/,
      ),
    });
  }, 60_000);

  test("slices: no named part of them is worse", async () => {
    const slices = { ...held, columns: ["hour"], min_rows: 200, margin: 0 };
    expect(await askOne({ slices })).toMatchObject({
      verdict: "pass",
      message: expect.stringContaining("The weakest is"),
    });
    expect(await askOne({ slices }, backwards)).toMatchObject({
      verdict: "fail",
      message: expect.stringMatching(/flight-delay@1 is worse in hour.* The worst is hour/),
    });
  }, 60_000);

  test("behaviour: what it must do whatever it has learned", async () => {
    const record =
      "{ origin: ATL, destination: JFK, hour: 8, weekday: 1, distance: 760, origin_late_3h: 0.1, flight_id: x }";
    const file = (expected: string) => `tests:
  - { name: a late airport, kind: direction, output: late_p_late, expect: ${expected}, by: 0.1,
      records: [${record}], change: { origin_late_3h: 0.9 } }`;
    await attach("flight-delay", "up.yaml", { text: file("up") });
    expect(await askOne({ behaviour: "up.yaml" })).toMatchObject({ verdict: "pass" });
    await attach("flight-delay", "down.yaml", { text: file("down") });
    expect(await askOne({ behaviour: "down.yaml" })).toMatchObject({
      verdict: "fail",
      message: expect.stringMatching(/fails "a late airport": 1 of 1 cases; late_p_late went from 0\.\d+ to 0\.\d+/),
    });
    await attach("flight-delay", "odd.yaml", { text: "tests: [{ kind: direction }]" });
    expect(await askOne({ behaviour: "odd.yaml" })).toMatchObject({ verdict: "error" });
  });

  test("latency and memory, on what callers asked", async () => {
    expect(await askOne({ latency: { ratio: 100 } })).toMatchObject({
      verdict: "pass",
      evidence: { requests: 120, memory_bytes: { candidate: expect.any(Number) } },
    });
    expect(await askOne({ latency: { p99: "0.001ms", memory: "1MiB", requests: 20 } })).toMatchObject({
      verdict: "fail",
      message: expect.stringMatching(/and 0\.001 ms is allowed; it took \d+ MiB of memory, and 1 MiB is allowed/),
    });
  });

  test("shadow: answers on what callers asked, and how different", async () => {
    expect(await askOne("shadow")).toMatchObject({ verdict: "pass", evidence: { rows: 120, unanswered: 0 } });
    expect(await askOne({ shadow: { disagreement: 0.01 } })).toMatchObject({
      verdict: "fail",
      message: expect.stringMatching(/rows differently .* 1 % is allowed/),
    });
  });

  test("a command of one's own", async () => {
    await attach("flight-delay", "check.sh", { text: 'test "$SLIPWAY_URL $SLIPWAY_CANDIDATE" = "$1"' });
    const check = (url: string) => ["sh", "check.sh", `${url} flight-delay@2`];
    expect(await askOne({ name: "reachable", command: check("http://127.0.0.1:1") })).toMatchObject({
      gate: "reachable",
      verdict: "pass",
    });
    const failing = { name: "fair", command: ["sh", "-c", "echo parity of groups is 0.4; exit 3"] };
    expect(await askOne(failing)).toMatchObject({
      verdict: "fail",
      message: "fair: it ended with code 3. parity of groups is 0.4",
    });
    expect(await askOne({ name: "gone", command: ["no-such-program"] })).toMatchObject({ verdict: "error" });
    expect(await askOne({ name: "endless", command: ["sleep", "60"], timeout: "200ms" })).toMatchObject({
      verdict: "error",
      message: expect.stringContaining("took longer than 0.2 s"),
    });
  });
});

describe("what a rollout could only fail by is said before it begins", () => {
  const plan = (section: ManifestRollout) =>
    app.rollouts.plan({ endpoint: "flight-delay", version: 2, section, allowBreaking: true });
  const sql = (text: string): ManifestRollout => ({ guardrails: [{ name: "own", sql: text }] });
  const prometheus = { url: "http://127.0.0.1:9090", query: "up" };

  test.each<[string, ManifestRollout, RegExp]>([
    ["a file that did not come", { gates: [{ behaviour: "gone.yaml" }] }, /gone\.yaml.*did not come with/],
    ["held-out rows that did not come", { gates: [{ offline: { ...held, data: "gone.csv" } }] }, /gone\.csv/],
    [
      "SQL that writes",
      sql("create table x (a int)"),
      /own of the rollout cannot be asked: Only a statement that reads/,
    ],
    ["SQL that does not parse", sql("selec 1"), /own of the rollout cannot be asked/],
    ["SQL without the columns", sql("select arm from predictions"), /must have arm and value/],
    ["an address of this machine", { limits: [{ name: "load", prometheus, max: 1 }] }, /load .*127\.0\.0\.1/],
  ])("%s", async (_, section, message) => {
    await expect(plan(section)).rejects.toThrow(message);
  });

  test("and what can be asked is a plan", async () => {
    const good = sql("select arm, a_new_input as value from predictions join labels using (id, row)");
    expect(await plan({ ...good, gates: [{ offline: held }] })).toMatchObject({ to: 2 });
  });
});

test("what was said stays said, and with the version", async () => {
  const rollout = toRollout([
    { name: "once", command: ["sh", "-c", "date +%N"] },
    { name: "twice", command: ["sh", "-c", "exit 1"] },
    { name: "twice", command: ["true"] },
  ]);
  const said = await ask(rollout);
  expect(said.map(({ gate, verdict }) => [gate, verdict])).toEqual([
    ["once", "pass"],
    ["twice", "fail"],
    ["twice-2", "pass"],
  ]);
  expect(await ask(rollout)).toEqual(said);
  const { items: kept } = await app.gates.listOfVersion(
    { model: "flight-delay", version: 2 },
    { limit: 500, cursor: null },
  );
  expect(kept.slice(0, 3).map(({ gate, rollout: id, comparedWith }) => [gate, id, comparedWith])).toEqual([
    ["twice-2", rollout.id, 1],
    ["twice", rollout.id, 1],
    ["once", rollout.id, 1],
  ]);
});

test("what a server that was killed has heard, the next one does not ask again", async () => {
  const rollout = toRollout([
    { name: "heard", command: ["false"] },
    { name: "missed", command: ["true"] },
  ]);
  const { id, endpoint, model, to: version, from: comparedWith } = rollout;
  const about = { rollout: id, endpoint, model, version, comparedWith, finishedAt: 0 };
  const finding = { gate: "heard", place: 0, verdict: "pass", message: "Before.", evidence: {} } as const;
  await createGateStore(sql).put({ ...about, ...finding });
  expect((await ask(rollout)).map(({ gate, verdict, message }) => [gate, verdict, message])).toEqual([
    ["heard", "pass", "Before."],
    ["missed", "pass", "missed ended with 0."],
  ]);
});

test("files of gates are needed until their version goes", async () => {
  const { sha256 } = await app.gates.files.require({ model: "flight-delay", version: 2, path: "up.yaml" });
  expect(await app.gates.files.isReferenced(sha256)).toBe(true);
  expect((await app.gates.files.listReferenced()).has(sha256)).toBe(true);
  const bytes = await upload(Readable.from([Buffer.from("of a version that goes")]));
  await app.gates.files.attach("flight-delay", 3, [{ path: "x", sha256: bytes, size: 22 }]);
  await app.gates.files.prune();
  expect(await app.gates.files.isReferenced(bytes)).toBe(true);
  await app.endpoints.deleteVersion("flight-delay", 3, null);
  await app.gates.files.prune();
  expect(await app.gates.files.isReferenced(bytes)).toBe(false);
  await expect(app.gates.files.require({ model: "flight-delay", version: 2, path: "none" })).rejects.toMatchObject({
    code: "blob_not_found",
  });
});
