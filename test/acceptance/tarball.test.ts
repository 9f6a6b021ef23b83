import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { accessSync, constants, cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { root } from "../../tools/layer-list.ts";
import { ended, track } from "../lib/children.ts";
import { cleanEnv } from "../lib/entry.ts";
import { fetchJson } from "../lib/fetch-json.ts";
import { createGrpcClient } from "../lib/grpc-client.ts";
import { flight, flights } from "../lib/models.ts";

/** Far from this checkout, so that nothing is found in its node_modules that the package does not bring. */
const folder = mkdtempSync(join(tmpdir(), "slipway-tarball-"));
const bin = join(folder, "node_modules/slipway/bin/slipway.js");
const node = findNode();

/** The machine's own Node, whatever its age; the one that runs this test where there is no other. */
function findNode(): string {
  const places = (process.env["PATH"] ?? "").split(delimiter).filter((place) => !place.includes("node_modules"));
  for (const place of places)
    try {
      accessSync(join(place, "node"), constants.X_OK);
      return join(place, "node");
    } catch {
      // the next place
    }
  return process.execPath;
}

/** Without the folders of this checkout that `npm run` puts in front. */
function outerEnv(extra: Readonly<Record<string, string>> = {}): Record<string, string> {
  const env = cleanEnv(extra);
  const path = (env["PATH"] ?? "").split(delimiter).filter((place) => !place.includes("node_modules"));
  return { ...env, PATH: path.join(delimiter), NODE_COMPILE_CACHE: join(folder, "compile-cache") };
}

function slipway(...args: string[]): string {
  return execFileSync(node, [bin, ...args], {
    cwd: folder,
    env: outerEnv(),
    encoding: "utf8",
    stdio: "pipe",
    timeout: 60_000,
  });
}

beforeAll(() => {
  if (process.env["SLIPWAY_TEST_ENTRY"] === undefined)
    execFileSync("npm", ["run", "--silent", "pack"], {
      cwd: root,
      stdio: ["ignore", "ignore", "inherit"],
      env: cleanEnv(),
    });
  const tarball = readdirSync(join(root, "out")).find((name) => name.endsWith(".tgz"));
  writeFileSync(join(folder, "package.json"), '{ "private": true }\n');
  // The registry that this checkout is installed from, where it names one.
  cpSync(join(root, ".npmrc"), join(folder, ".npmrc"));
  const flags = ["--ignore-scripts", "--omit=dev", "--prefer-offline", "--no-audit", "--no-fund", "--silent"];
  execFileSync("npm", ["install", ...flags, join(root, "out", tarball ?? "")], {
    cwd: folder,
    stdio: ["ignore", "ignore", "inherit"],
    env: outerEnv(),
  });
}, 180_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Up {
  readonly child: ChildProcess;
  readonly url: string;
  /** `HOST:PORT` */
  readonly grpc: string;
}

function up(data: string, ...more: readonly string[]): Promise<Up> {
  const args = [bin, "up", "--port", "0", "--data", join(folder, data), ...more];
  const child = track(spawn(node, args, { cwd: folder, env: outerEnv(), stdio: ["ignore", "pipe", "pipe"] }));
  let said = "";
  return new Promise((resolve, reject) => {
    child.stderr.setEncoding("utf8").on("data", (text: string) => (said += text));
    child.once("exit", (code) => reject(new Error(`ended with ${code}: ${said}`)));
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      const [, url, grpc] = /Slipway is ready at (\S+)\ngRPC is ready at (\S+)/.exec(text) ?? [];
      if (url !== undefined && grpc !== undefined) resolve({ child, url, grpc });
    });
  });
}

const reaches = (url: string) =>
  fetchJson(`${url}/health/live`).then(
    () => true,
    () => false,
  );

test(`on ${execFileSync(node, ["--version"], { encoding: "utf8" }).trim()}: up, deploy, predict, predictions, stop`, async () => {
  expect(slipway("--help")).toMatch(/deploy/);
  expect(slipway("--version")).toMatch(/^\d+\.\d+\.\d+/);
  const { child, url, grpc } = await up("data");
  const deployed = JSON.parse(slipway("deploy", flights.v1, "--url", url, "--json"));
  expect(deployed).toMatchObject({ model: "flight-delay", version: 1, endpoint: "flight-delay" });
  const answer = JSON.parse(
    slipway("predict", "flight-delay", "--data", JSON.stringify(flight), "--url", url, "--json"),
  );
  expect(answer).toMatchObject({ version: 1, logged: true });
  const [kept] = JSON.parse(slipway("predictions", "flight-delay", "--url", url, "--json"));
  expect(kept).toMatchObject({ id: answer.id, status: "ok" });
  expect(JSON.parse(slipway("replay", answer.id, "--url", url, "--json"))).toMatchObject({ identical: 1 });
  const load = ["loadtest", "flight-delay", "--url", url, "--rate", "20", "--duration", "200ms", "--warmup", "0s"];
  expect(JSON.parse(slipway(...load, "--json", "--quiet"))).toMatchObject({ result: { failed: 0 } });
  expect((await fetchJson(`${url}/openapi.json`)).body.openapi).toBe("3.1.0");
  const client = createGrpcClient(grpc);
  expect((await client.call("ModelMetadata", { name: "flight-delay" })).body).toMatchObject({ versions: ["1"] });
  client.close();
  expect(readFileSync(join(folder, "node_modules/slipway/proto/inference.proto"), "utf8")).toContain("rpc ModelInfer");
  child.kill("SIGTERM");
  expect(await ended(child)).toEqual({ code: 0, signal: null });
  expect(await reaches(url)).toBe(false);
}, 60_000);

test("init and check need no server", () => {
  const sample = join(flights.v1, "examples.json");
  expect(slipway("init", join(flights.v1, "model.onnx"), sample, "--stdout")).toMatch(/^ {4}origin: string/m);
  const { checks } = JSON.parse(slipway("check", flights.v1, "--json"));
  expect(checks).toContainEqual(expect.objectContaining({ check: "examples", state: "ok" }));
}, 60_000);

test.each(["worker", "process"])(
  "a model answers its examples in a %s",
  (placement) => {
    const apart = join(folder, placement);
    cpSync(flights.v1, apart, { recursive: true });
    const manifest = readFileSync(join(apart, "slipway.yaml"), "utf8");
    writeFileSync(join(apart, "slipway.yaml"), manifest.replace(/^serve:\n/m, `serve:\n  placement: ${placement}\n`));
    const { checks } = JSON.parse(slipway("check", apart, "--json"));
    const message = expect.stringMatching(`^${placement}: one copy`);
    expect(checks).toContainEqual(expect.objectContaining({ check: "placement", state: "ok", message }));
    expect(checks).toContainEqual(expect.objectContaining({ check: "examples", state: "ok" }));
  },
  60_000,
);

test("the death of what was started ends the server with its workers, and its folder is free again", async () => {
  const workers = ["--http-workers", "2"];
  const first = await up("killed", ...workers);
  expect((await fetchJson<string>(`${first.url}/metrics`)).body).toMatch(/^slipway_http_workers 2$/m);
  first.child.kill("SIGKILL");
  await ended(first.child);
  await expect.poll(() => reaches(first.url), { timeout: 10_000 }).toBe(false);
  const second = await up("killed", ...workers);
  expect(await reaches(second.url)).toBe(true);
  second.child.kill("SIGTERM");
  await ended(second.child);
}, 60_000);

test("the package is the client as a library, too, with its types", () => {
  const lines = [
    'import { createClient } from "slipway";',
    'const client = createClient({ url: "http://127.0.0.1:9" });',
    'console.log(typeof client.endpoint("x").predict);',
  ];
  writeFileSync(join(folder, "use.mjs"), lines.join("\n"));
  expect(execFileSync(node, ["use.mjs"], { cwd: folder, encoding: "utf8" })).toBe("function\n");
  const typed = [...lines.slice(0, 2), 'export const revision: number = (await client.endpoints.get("x")).revision;'];
  const compile = (source: string) => {
    writeFileSync(join(folder, "use.mts"), source);
    const options = ["--noEmit", "--strict", "--module", "nodenext", "--target", "es2024", "--ignoreConfig", "use.mts"];
    execFileSync(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), ...options], { cwd: folder });
  };
  compile(typed.join("\n"));
  expect(() => compile(typed.join("\n").replace("number", "string"))).toThrow("Command failed");
});

test("it holds what is needed and nothing else", () => {
  const files = readdirSync(join(folder, "node_modules/slipway"), { recursive: true, encoding: "utf8" });
  expect(files).toEqual(expect.arrayContaining(["LICENSE", "README.md", "bin/slipway.js", "package.json"]));
  expect(files.filter((file) => /\.test\.|(?<!\.d)\.ts$|tsbuildinfo|\.onnx$|\/testing\//.test(file))).toEqual([]);
  const {
    engines,
    license,
    bin: bins,
  } = JSON.parse(readFileSync(join(folder, "node_modules/slipway/package.json"), "utf8"));
  expect({ engines, license, bins }).toMatchObject({
    engines: { node: expect.stringMatching(/20/) },
    license: "Apache-2.0",
    bins: { slipway: expect.stringMatching(/bin\/slipway\.js$/) },
  });
});
