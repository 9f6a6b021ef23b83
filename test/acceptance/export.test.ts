import { spawn } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "@slipway/sdk";
import { afterAll, describe, expect, test } from "vitest";
import { ended, track } from "../lib/children.ts";
import { runCli } from "../lib/cli.ts";
import { deploy, readManifest, type Deployment } from "../lib/deploy.ts";
import { cleanEnv, findEntry } from "../lib/entry.ts";
import { fetchJson } from "../lib/fetch-json.ts";
import { flight, patientFlights, smallModel } from "../lib/models.ts";
import { useServer } from "../lib/server.ts";

const here = useServer();
const there = useServer();
const room = mkdtempSync(join(tmpdir(), "slipway-export-"));
afterAll(() => rmSync(room, { recursive: true, force: true }));

async function predict(url: string, endpoint: string, record: unknown): Promise<unknown> {
  const { status, body } = await fetchJson(`${url}/endpoints/${endpoint}/predict`, { json: record });
  expect(status, JSON.stringify(body)).toBe(200);
  return body.prediction;
}

async function slipway(args: readonly string[], url: string): Promise<string> {
  const { code, stdout, stderr } = await runCli(args, { url, timeoutMs: 100_000 });
  expect(stderr).not.toMatch(/error:|warning:/);
  expect(code, stdout + stderr).toBe(0);
  return stdout;
}

const columns = {
  a: "float32",
  "b c": "int64",
  d: { type: "float32", range: [-9, 9] },
  e: { type: "float32", nullable: true },
};
const settings = {
  owner: { team: "ops" },
  serve: { timeout: "9500ms", replicas: 2, fallback: { y: 1.5 }, follow: "stable" },
  log: { durability: "disk", on_full: "refuse", key: "id", fields: ["note"], redact: ["d"] },
};

interface Case {
  readonly path: string;
  readonly options?: Deployment;
  readonly record: unknown;
}

const { v1 } = patientFlights();
const proven = {
  ...(readManifest(v1)["model"] as object),
  examples: { path: "examples.json", absolute: 0.001 },
  training: { at: "2026-03-01", data: "flights of January", commit: "1a2b3c4" },
};

const cases: Readonly<Record<string, Case>> = {
  "examples, training and budgets": {
    path: v1,
    options: {
      name: "proven",
      manifest: {
        model: proven,
        serve: { timeout: "10s", memory: "4GiB", max_training_age: "9999d" },
        log: { key: "id", fields: ["origin_late_3h"] },
      },
    },
    record: { id: "1", ...flight },
  },
  flights: { path: v1, record: { ...flight, flight_id: "x" }, options: { name: "flight-delay" } },
  "a ZipMap": { path: smallModel("iris-text-zipmap"), record: { X: [5.1, 3.5, 1.4, 0.2] }, options: { name: "iris" } },
  "weights beside the model": {
    path: smallModel("external"),
    options: { name: "external", beside: [smallModel("external").replace(".onnx", ".weights")] },
    record: { X: [1, 2, 3, 4] },
  },
  "named columns and every setting": {
    path: smallModel("matrix"),
    options: { name: "matrix", manifest: { model: { path: "matrix.onnx", inputs: columns }, ...settings } },
    record: { id: "1", a: 1, "b c": 2, d: 3, e: null, note: "n" },
  },
};

describe("export, then deploy to a fresh server", { timeout: 200_000 }, () => {
  test.each(Object.entries(cases))(
    "%s: the same digest, settings and answers",
    async (title, { path, options, record }) => {
      const { digest, model } = await deploy(here.url, path, options);
      const folder = join(room, model);
      expect(await slipway(["export", `${model}@1`, folder, "--quiet"], here.url)).toContain(digest);
      for (const file of ["README.md", "Dockerfile", "entrypoint.sh", "signature.json"])
        expect(existsSync(join(folder, file)), file).toBe(true);
      expect(readdirSync(folder).filter((name) => name.startsWith("."))).toEqual([]);
      if (title.includes("training"))
        expect(readFileSync(join(folder, "README.md"), "utf8")).toContain("- data: flights of January");
      await slipway(["deploy", folder, "--expect", digest], there.url);
      const [one, other] = await Promise.all(
        [here, there].map(async ({ url }) => {
          const client = createClient({ url });
          const { serve, log, labels, target, owner } = await client.endpoints.get(model);
          const { signature, files } = await client.versions.get(model, 1);
          return { serve, log, labels, target, owner, signature, files, answer: await predict(url, model, record) };
        }),
      );
      expect(other).toEqual(one);
    },
  );

  test("a folder that holds something is left alone", async () => {
    const folder = join(room, "mine");
    mkdirSync(folder);
    writeFileSync(join(folder, "README.md"), "mine");
    await deploy(here.url, smallModel("columns"));
    const refused = await runCli(["export", "columns@1", folder], { url: here.url });
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining("--force")]);
    expect(readFileSync(join(folder, "README.md"), "utf8")).toBe("mine");
    await slipway(["export", "columns@champion", folder, "--force"], here.url);
    expect(readFileSync(join(folder, "README.md"), "utf8")).toContain("# columns");
    expect(readFileSync(join(folder, "columns.onnx"))).toEqual(readFileSync(smallModel("columns")));
  });

  test("bytes that rotted on the server do not become a folder", async () => {
    await deploy(here.url, smallModel("columns"));
    const [file] = (await createClient({ url: here.url }).versions.get("columns", 1)).files;
    const blob = join(here.data, "blobs", file!.sha256.slice(0, 2), file!.sha256);
    const bytes = readFileSync(blob);
    chmodSync(blob, 0o644);
    try {
      writeFileSync(blob, Buffer.concat([bytes.subarray(0, -1), Buffer.from([bytes.at(-1)! ^ 1])]));
      const folder = join(room, "rotten");
      const { code, stderr } = await runCli(["export", "columns@1", folder, "--json"], { url: here.url });
      expect([code, JSON.parse(stderr.trim().split("\n").at(-1)!)]).toMatchObject([1, { code: "damaged_blob" }]);
      for (const name of ["columns.onnx", "columns.onnx.part", "slipway.yaml"])
        expect(existsSync(join(folder, name)), name).toBe(false);
    } finally {
      writeFileSync(blob, bytes);
    }
  });
});

test("the entry point of the image serves the folder, and ends on a signal", { timeout: 120_000 }, async () => {
  await deploy(here.url, smallModel("matrix"), { name: "boxed" });
  const folder = join(room, "boxed");
  await slipway(["export", "boxed@1", folder], here.url);
  const bin = join(room, "bin");
  mkdirSync(bin);
  writeFileSync(join(bin, "slipway"), `#!/bin/sh\nexec '${process.execPath}' '${findEntry()}' "$@"\n`);
  chmodSync(join(bin, "slipway"), 0o755);
  const port = await freePort();
  const child = track(
    spawn("sh", [join(folder, "entrypoint.sh")], {
      env: cleanEnv({
        PATH: `${bin}:${process.env["PATH"]}`,
        HOST: "127.0.0.1",
        PORT: String(port),
        SLIPWAY_DATA: join(room, "boxed-data"),
      }),
      stdio: ["ignore", "pipe", "pipe"],
    }),
  );
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => (said += text));
  await expect
    .poll(() => `${child.exitCode === null ? "" : "ended: "}${said}`, { timeout: 90_000 })
    .toMatch(/serves boxed|ended/);
  expect(await predict(`http://127.0.0.1:${port}`, "boxed", { X: [1, 0, 0, 0] }), said).toEqual({ y: 1 });
  child.kill("SIGTERM");
  await ended(child);
  expect(child.exitCode, said).toBe(0);
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
