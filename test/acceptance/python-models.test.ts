import { mkdtempSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { runCli } from "../lib/cli.ts";
import { deployFolder } from "../lib/deploy.ts";
import { fetchJson } from "../lib/fetch-json.ts";
import { useServer } from "../lib/server.ts";

const server = useServer({
  env: { SLIPWAY_SECRET_DOOR: "open sesame", SLIPWAY_SOURCE_SPY: "postgres://me:hidden@db/x" },
});
const predict = (json: unknown) => fetchJson(`${server.url}/api/v1/endpoints/trip/predict`, { json });
const cli = (...args: string[]) => runCli(args, { url: server.url, timeoutMs: 240_000 });

/** A folder with a Python file and what its slipway.yaml says. */
function makeFolder(
  code: string,
  manifest: { readonly name: string; readonly model?: object } & object,
  files: Readonly<Record<string, string>> = {},
): string {
  const folder = mkdtempSync(join(tmpdir(), "slipway-python-"));
  const model = { path: "model.py", ...manifest.model };
  const all = { "model.py": code, "requirements.txt": "numpy==2.3.5\n", ...files };
  for (const [file, text] of Object.entries(all)) writeFileSync(join(folder, file), text);
  writeFileSync(join(folder, "slipway.yaml"), stringify({ slipway: 1, ...manifest, model }));
  return folder;
}

const trip = `
import datetime, logging, os, sys
import numpy as np
import rates

def load():
    print("loaded with", os.environ.get("MODE"))
    return rates.RATE

def predict(rate, data):
    logging.getLogger("trip").warning("priced %d", len(data["km"]))
    km, zone, note, at = (list(data[name]) for name in ("km", "zone", "note", "at"))
    env = ",".join(sorted(name for name in os.environ if "SLIPWAY" in name or name == "DOOR"))
    return {
        "price": np.array([k * rate if k == k else -1.0 for k in km]),
        "seen": np.array([f"{z}|{n if n is None else len(n)}|{a is None or str(a)[:13]}" for z, n, a in zip(zone, note, at)], dtype=object),
        "env": np.array([env + "=" + os.environ["DOOR"]] * len(km), dtype=object),
    }
`;

const inputs = {
  km: { type: "float64", nullable: true, range: [0, 1e6] },
  zone: { type: "string", categories: ["a", "b"] },
  note: { type: "string", nullable: true },
  at: { type: "datetime" },
};

describe("a Python file", { timeout: 300_000 }, () => {
  beforeAll(async () => {
    const environment = { variables: { MODE: "fast" }, secrets: ["DOOR"] };
    const manifest = { name: "trip", model: { inputs, environment } };
    const done = await cli("deploy", makeFolder(trip, manifest, { "rates.py": "RATE = 2.0\n" }));
    expect(done.stderr).toMatch(/resolving 2 requirements for Python 3\.\d+/);
    expect(done.stdout).toMatch(/placement process/);
    expect(done.stdout).toMatch(/model\.py is a Python file with predict\(\)/);
    expect(done.code).toBe(0);
  }, 240_000);

  test("gets texts, missing values and moments as they are, and its own files, variables and secrets alone", async () => {
    const rows = [
      { km: 3, zone: "a", note: "hé", at: "2026-03-01T12:30:00Z" },
      { km: null, zone: "elsewhere", note: null, at: "2026-03-02" },
    ];
    const { predictions } = (await predict(rows)).body;
    expect(predictions).toEqual([
      { price: 6, seen: "a|2|2026-03-01T12", env: "DOOR=open sesame" },
      { price: -1, seen: "elsewhere|None|2026-03-02T00", env: "DOOR=open sesame" },
    ]);
  });

  test("says over the Open Inference Protocol what it takes, and takes it there", async () => {
    const { body } = await fetchJson(`${server.url}/v2/models/trip`);
    expect(body.inputs.map(({ name, datatype }: { name: string; datatype: string }) => [name, datatype])).toEqual([
      ["km", "FP64"],
      ["zone", "BYTES"],
      ["note", "BYTES"],
      ["at", "BYTES"],
    ]);
    const tensor = (name: string, datatype: string, data: unknown[]) => ({ name, datatype, shape: [2], data });
    const answer = await fetchJson(`${server.url}/v2/models/trip/infer`, {
      json: {
        inputs: [
          tensor("km", "FP64", [1, 2]),
          tensor("zone", "BYTES", ["a", "b"]),
          tensor("note", "BYTES", [null, "x"]),
          tensor("at", "BYTES", ["2026-03-01", "2026-03-01"]),
        ],
      },
    });
    expect(answer.body.outputs[0]).toMatchObject({ name: "price", datatype: "FP64", data: [2, 4] });
  });

  test("what it prints and logs are lines of `slipway logs`, and what it was sent is on record", async () => {
    const { stdout, stderr } = await cli("logs", "trip", "--limit", "1000");
    expect(stderr).toBe("");
    expect(stdout).toMatch(/loaded with fast .*stream=std/);
    expect(stdout).toMatch(/priced \d .*model=trip version=1/);
    const found = await cli("predictions", "trip", "--json");
    expect(found.stdout).toContain('"zone":"elsewhere","note":null');
    const sql =
      "select count(*)::int as missing from predictions where zone = 'elsewhere' and note is null and km is null";
    await expect
      .poll(async () => (await cli("predictions", "trip", "--sql", sql, "--json")).stdout, { timeout: 20_000 })
      .toMatch(/"missing": 1/);
  });

  test.each([
    ["a moment that is none", { at: "2026-02-30" }, /at.*no date and time/],
    ["a missing text that has to be there", { zone: null }, /zone.*null, and this input is not nullable/],
    ["a number beyond its range", { km: -1 }, /km.*at least 0|km.*from 0/],
  ])("refuses %s before Python sees it", async (_what, change, why) => {
    const row = { km: 1, zone: "a", note: null, at: "2026-03-01", ...change };
    const answer = await predict(row);
    expect([answer.status, answer.body.code]).toEqual([400, "invalid_input"]);
    expect(answer.body.detail).toMatch(why);
  });

  test("leaves as a folder of which a deploy makes the same version", async () => {
    const folder = join(mkdtempSync(join(tmpdir(), "slipway-python-")), "out");
    const exported = JSON.parse((await cli("export", "trip@1", folder, "--json")).stdout) as { digest: string };
    const again = await cli("deploy", folder, "--no-traffic", "--expect", exported.digest);
    expect(again.stdout).toContain("trip@1, which was there already");
  });

  test("is there again after a restart, with its lock among its files", async () => {
    await server.restart();
    const row = { km: 5, zone: "b", note: null, at: "2026-03-01" };
    expect((await predict(row)).body.prediction).toMatchObject({ price: 10 });
    const { body } = await fetchJson(`${server.url}/api/v1/models/trip/versions/1`);
    expect(body).toMatchObject({ flavor: "python", placement: "process", program: { kind: "python" } });
    expect(body.files.map(({ path }: { path: string }) => path)).toContain(".slipway-lock.txt");
  });
});

const one = { x: "float64" };

describe("what cannot be served is told with a reason", { timeout: 240_000 }, () => {
  test.each([
    ["fails at import", "import numpy_typo\ndef predict(d): return d['x']\n", {}, /numpy_typo.*requirements/s],
    ["does not parse", "def predict(d:\n", {}, /SyntaxError/],
    ["has no predict()", "def forecast(d): return 1\n", {}, /no function predict/],
    [
      "fails at load",
      "def load(): raise ValueError('no weights')\ndef predict(m, d): return d['x']\n",
      {},
      /no weights/,
    ],
    ["ends the process", "import os\nos._exit(7)\n", {}, /ended with code 7/],
    ["does not say what it takes", "def predict(d): return d['x']\n", { inputs: undefined }, /model\.inputs/],
    ["fails on every row", "def predict(d): raise KeyError('zip')\n", {}, /failed on every row.*zip/s],
    ["answers nonsense", "def predict(d): return {'y': object()}\n", {}, /failed on every row/],
  ])("a file that %s", async (_what, code, change, why) => {
    const folder = makeFolder(code, { name: "wrong", model: { inputs: one, ...change } });
    await expect(deployFolder(server.url, folder)).rejects.toThrow(why);
    expect((await fetchJson(`${server.url}/api/v1/models/wrong`)).status).toBe(404);
  });

  test("a secret that the server lacks, a placement that Python cannot have, a runtime that is not to be had", async () => {
    const code = "def predict(d): return d['x']\n";
    const attempt = (manifest: object, more = {}) =>
      deployFolder(server.url, makeFolder(code, { name: "wrong", model: { inputs: one }, ...manifest }), more);
    const secret = { model: { inputs: one, environment: { secrets: ["NOWHERE"] } } };
    await expect(attempt(secret)).rejects.toThrow("SLIPWAY_SECRET_NOWHERE");
    await expect(attempt({ serve: { placement: "thread" } })).rejects.toThrow(/Python.*serve\.placement/);
    const why = "cannot be served as ONNX: there is no translation of python models";
    await expect(attempt({}, { runtime: "onnx" })).rejects.toThrow(why);
    await expect(attempt({}, { flavor: "magic" })).rejects.toMatchObject({ code: "invalid_request" });
  });

  test("answers that differ from those at training, with the packages that do", async () => {
    const code = "import numpy\ndef predict(d): return {'y': numpy.asarray(d['x']) * 2}\n";
    const examples = JSON.stringify([
      { inputs: { x: 1 }, outputs: { y: 2 } },
      { inputs: { x: 2 }, outputs: { y: 5 } },
    ]);
    const training = { packages: { numpy: "1.26.4" } };
    const model = { inputs: one, examples: "examples.json", training };
    const folder = makeFolder(code, { name: "wrong", model }, { "examples.json": examples });
    const why = /row 1, y, expected 5, got 4.*numpy 2\.3\.5 \(trained with 1\.26\.4\)/s;
    await expect(deployFolder(server.url, folder)).rejects.toThrow(why);
  });

  test("folders that hold no model, several, or a link", async () => {
    const folder = mkdtempSync(join(tmpdir(), "slipway-python-"));
    expect((await cli("deploy", folder)).stderr).toMatch(/has no slipway\.yaml and no model/);
    for (const file of ["a.joblib", "b.pkl"]) writeFileSync(join(folder, file), "x");
    expect((await cli("deploy", folder)).stderr).toMatch(/more than one model \(a\.joblib, b\.pkl\)/);
    const linked = makeFolder("", { name: "linked" });
    symlinkSync("/etc/passwd", join(linked, "weights.bin"));
    expect((await cli("deploy", linked)).stderr).toMatch(/weights\.bin is a link/);
  });
});
