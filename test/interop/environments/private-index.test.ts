import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import {
  appendFileSync,
  mkdtempSync,
  mkdirSync,
  readdirSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { needs } from "../../lib/needs.ts";
import { sharedEnvironments } from "../../lib/python-environment.ts";
import { systemClock } from "../../../packages/server/src/kernel/clock.ts";
import { silentLogger } from "../../../packages/server/src/kernel/logger.ts";
import {
  createEnvironments,
  parseLock,
  publicIndex,
  type Environments,
  type IndexSettings,
  type Lock,
} from "../../../packages/server/src/environments/index.ts";
import { makeWheel } from "../../../packages/server/src/environments/testing/make-wheel.ts";
import {
  startPackageIndex,
  type PackageIndex,
} from "../../../packages/server/src/environments/testing/package-index.ts";

const run = promisify(execFile);

function open(folder: string, index: Partial<IndexSettings>): Environments {
  const settings = { ...publicIndex, ...index };
  return createEnvironments({ folder, index: settings, clock: systemClock, logger: silentLogger });
}

/** Whether the pinned uv is there, or could be fetched. */
async function findUv(): Promise<boolean> {
  return open(sharedEnvironments(), {})
    .resolve({ requirements: [], python: null })
    .then(
      () => true,
      (error: Error) => {
        console.error(error.message);
        return false;
      },
    );
}

const hasUv = needs("a Python and a package index with uv", await findUv(), { inCi: "required" });

describe.skipIf(!hasUv)("environments", () => {
  let index: PackageIndex;
  let folder = "";
  let environments: Environments;
  const said: string[] = [];
  const watch = { onProgress: (message: string) => void said.push(message) };

  const searched = process.env["PATH"];
  beforeAll(async () => {
    // One Python in place of all that a machine of developers has on its path.
    const { stdout } = await run("python3", ["-c", "import os, sys; print(os.path.dirname(sys.executable))"]);
    process.env["PATH"] = [stdout.trim(), "/usr/bin", "/bin"].join(delimiter);
    index = await startPackageIndex([
      { name: "demo", version: "1.0", requires: ["base"] },
      { name: "demo", version: "2.0", requires: ["base>=2"] },
      { name: "base", version: "1.5" },
      { name: "base", version: "2.5" },
      { name: "extra", version: "1.0", requires: ["base", "demo"] },
      { name: "stubborn", version: "1.0", requires: ["base<2"] },
      { name: "ancient", version: "1.0", requiresPython: ">=3.99" },
    ]);
  });
  afterAll(async () => {
    process.env["PATH"] = searched;
    await index.close();
  });
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "slipway-envs-"));
    symlinkSync(join(sharedEnvironments(), "tools"), join(folder, "tools"));
    environments = open(folder, { indexUrl: index.url });
    said.length = 0;
    index.asked.length = 0;
  });
  afterEach(() => {
    // What a test that failed has left waiting.
    index.stall()();
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  });

  const resolve = (...requirements: string[]): Promise<Lock> =>
    environments.resolve({ requirements, python: null, ...watch });
  const versionOf = async (python: string, name: string): Promise<string> => {
    const { stdout } = await run(python, ["-c", `import ${name}; print(${name}.__version__)`]);
    return stdout.trim();
  };
  const wheelsAsked = () => index.asked.filter((path) => path.endsWith(".whl"));
  const builtNow = () => readdirSync(join(folder, "built"), { encoding: "utf8" });

  test("are what the lock says, from an index with a password that nobody sees", async () => {
    process.env["PIP_INDEX_URL"] = "http://127.0.0.1:1/simple";
    process.env["UV_DEFAULT_INDEX"] = "http://127.0.0.1:1/simple";
    process.env["UV_CONSTRAINT"] = "/nowhere";
    try {
      const lock = await resolve("demo");
      expect(lock.text).toMatch(
        /^# slipway-lock 1\n# python 3\.\d+\nbase==2\.5 \\\n {4}--hash=sha256:[0-9a-f]{64}\ndemo==2\.0/,
      );
      const { python, hash } = await environments.ensure(lock, watch);
      expect(hash).toBe(lock.hash);
      expect(await versionOf(python, "demo")).toBe("2.0");
      const sites = "import sys; print([p for p in sys.path if 'site-packages' in p])";
      const { stdout } = await run(python, ["-s", "-c", sites]);
      expect(stdout.match(/site-packages/g)).toHaveLength(1);
      expect(said.join("\n")).toMatch(/making an environment of Python 3.* with 2 packages: base 2\.5, demo 2\.0/);
      expect(lock.text + said.join("\n")).not.toContain(index.password);
    } finally {
      for (const name of ["PIP_INDEX_URL", "UV_DEFAULT_INDEX", "UV_CONSTRAINT"]) delete process.env[name];
    }
  });

  test("are shared by lock, and two releases live side by side", async () => {
    const [one, two] = [await resolve("demo==1.0", "base<2"), await resolve("demo==2.0")];
    const first = await environments.ensure(one);
    const asked = wheelsAsked().length;
    expect(await environments.ensure(parseLock(one.text), watch)).toEqual(first);
    expect(await open(folder, {}).ensure(one)).toEqual(first);
    expect(wheelsAsked()).toHaveLength(asked);
    const second = await environments.ensure(two);
    expect(second.folder).not.toBe(first.folder);
    expect([await versionOf(first.python, "demo"), await versionOf(second.python, "demo")]).toEqual(["1.0", "2.0"]);
    const listed = await environments.list();
    expect(listed.map(({ hash }) => hash).toSorted()).toEqual([one.hash, two.hash].toSorted());
    expect(listed[0]).toMatchObject({ packages: 2, over: null, sizeBytes: expect.any(Number) });
  });

  test("are built once by those who ask at the same time", async () => {
    const lock = await resolve("demo");
    const others = [environments, open(folder, { indexUrl: index.url }), open(folder, { indexUrl: index.url })];
    const made = await Promise.all(others.map((each) => each.ensure(lock, watch)));
    expect(new Set(made.map((each) => each.folder)).size).toBe(1);
    expect(said.filter((line) => line.startsWith("making an environment"))).toHaveLength(1);
  });

  test("are whole or not there when their builder is killed", async () => {
    const lock = await resolve("demo");
    const file = join(folder, "lock.txt");
    writeFileSync(file, lock.text);
    const go = index.stall();
    const script = fileURLToPath(
      new URL("../../../packages/server/src/environments/testing/ensure.ts", import.meta.url),
    );
    const child = spawn(process.execPath, [script, folder, index.url, file], { stdio: ["ignore", "pipe", "inherit"] });
    await expect.poll(() => wheelsAsked().length, { timeout: 30_000 }).toBeGreaterThan(0);
    child.kill("SIGKILL");
    await once(child, "exit");
    expect(await environments.list()).toEqual([]);
    expect(readdirSync(join(folder, "tmp"))).toHaveLength(1);
    // uv ends with who started it.
    await expect
      .poll(async () => (await run("ps", ["-eo", "args="])).stdout.includes(join(folder, "cache")), { timeout: 20_000 })
      .toBe(false);
    go();
    const { python } = await environments.ensure(lock);
    expect(await versionOf(python, "demo")).toBe("2.0");
    expect(readdirSync(join(folder, "tmp"))).toEqual([]);
  });

  test("are given up where nobody wants them any more", async () => {
    const lock = await resolve("demo");
    const go = index.stall();
    const stop = new AbortController();
    const reason = new Error("enough");
    const making = environments.ensure(lock, { signal: stop.signal }).catch((error: unknown) => error);
    await expect.poll(() => wheelsAsked().length, { timeout: 30_000 }).toBeGreaterThan(0);
    stop.abort(reason);
    expect(await making).toBe(reason);
    expect(readdirSync(join(folder, "tmp"))).toEqual([]);
    go();
    await environments.ensure(lock);
  });

  test("tell what was changed, and are made anew without any index", async () => {
    const lock = await resolve("demo");
    const { folder: built, python, hash } = await environments.ensure(lock);
    expect(await environments.verify(hash)).toMatchObject({ hash, problems: [] });
    const site = join(built, "lib", `python${lock.python}`, "site-packages");
    appendFileSync(join(site, "demo/__init__.py"), "__version__ = 'other'\n");
    unlinkSync(join(site, "base/more.py"));
    rmSync(join(site, "base-2.5.dist-info"), { recursive: true });
    const { problems } = await environments.verify(hash.slice(0, 10));
    expect(problems).toContain("demo/__init__.py is not what demo 2.0 brought along.");
    expect(problems).toContain("base 2.5 is in the lock and not installed.");
    const offline = open(folder, { indexUrl: "http://127.0.0.1:1/simple" });
    const same = open(folder, { indexUrl: index.url });
    index.asked.length = 0;
    expect((await same.rebuild(hash, { offline: true })).folder).toBe(built);
    expect(index.asked).toEqual([]);
    expect(await versionOf(python, "demo")).toBe("2.0");
    expect((await environments.verify(hash)).problems).toEqual([]);
    unlinkSync(python);
    expect((await environments.verify(hash)).problems).toEqual([expect.stringContaining("interpreter does not run")]);
    await expect(offline.rebuild("0000")).rejects.toMatchObject({ code: "not_found" });
    // One whose interpreter is gone counts for nothing.
    expect(await versionOf((await environments.ensure(lock)).python, "demo")).toBe("2.0");
  });

  test("are pruned where no version needs them, nobody used them lately and no other server does", async () => {
    const [kept, unneeded] = [await resolve("base<2"), await resolve("base>=2")];
    await environments.ensure(kept);
    await environments.ensure(unneeded);
    const keep = new Set([kept.hash]);
    expect((await environments.prune({ keep, olderThan: 0 })).removed).toEqual([]);
    expect((await environments.prune({ keep, dryRun: true })).removed).toMatchObject([{ hash: unneeded.hash }]);
    expect(builtNow()).toHaveLength(2);
    const file = join(folder, "lock.txt");
    writeFileSync(file, unneeded.text);
    const script = fileURLToPath(
      new URL("../../../packages/server/src/environments/testing/ensure.ts", import.meta.url),
    );
    const child = spawn(process.execPath, [script, folder, index.url, file], { stdio: ["ignore", "pipe", "inherit"] });
    for await (const line of createInterface({ input: child.stdout })) if (line.startsWith("made ")) break;
    expect(await environments.prune({ keep })).toMatchObject({
      removed: [],
      kept: [{ hash: unneeded.hash }],
      bytes: 0,
    });
    child.kill("SIGKILL");
    await once(child, "exit");
    // What a killed server has left long ago goes along.
    for (const name of ["old", "new"]) mkdirSync(join(folder, "tmp", name));
    utimesSync(join(folder, "tmp", "old"), 1, 1);
    expect(await environments.prune({ keep })).toMatchObject({ removed: [{ hash: unneeded.hash }], kept: [] });
    expect(readdirSync(join(folder, "tmp"))).toEqual(["new"]);
    expect(builtNow()).toEqual([expect.stringMatching(`^${kept.hash.slice(0, 24)}`)]);
  });

  test("have more packages over them, which change none of theirs", async () => {
    const lock = await resolve("demo==1.0", "base<2");
    const overlay = await environments.overlay(lock, ["extra"]);
    const names = ["extra", "demo", "base"].map((name) => versionOf(overlay.python, name));
    expect(await Promise.all(names)).toEqual(["1.0", "1.0", "1.5"]);
    const { python } = await environments.ensure(lock);
    await expect(versionOf(python, "extra")).rejects.toThrow("No module named");
    const own = (await environments.list()).filter(({ over }) => over !== null);
    expect(own).toMatchObject([{ packages: 1 }]);
    await overlay.release();
    await expect(environments.overlay(lock, ["demo==2.0"])).rejects.toMatchObject({
      code: "invalid_model",
      message: expect.stringContaining("demo==2.0 cannot be added"),
    });
    // It goes before what it lies over.
    const { removed } = await environments.prune({ keep: new Set() });
    expect(removed.map(({ over }) => over !== null)).toEqual([true, false]);
  });

  test("take wheels of the model's folder, and nothing else under that name", async () => {
    const model = join(folder, "model");
    mkdirSync(join(model, "wheels"), { recursive: true });
    const ours = makeWheel({ name: "demo", version: "1.0", requires: [] });
    writeFileSync(join(model, "wheels", ours.file), ours.data);
    const requirements = [`./wheels/${ours.file}`];
    const lock = await environments.resolve({ requirements, python: null, folder: model });
    expect(lock.text).toContain(
      `# wheel ${ours.sha256} wheels/${ours.file}\ndemo==1.0 \\\n    --hash=sha256:${ours.sha256}\n`,
    );
    expect(lock.text.match(/--hash/g)).toHaveLength(1);
    rmSync(join(folder, "wheels"), { recursive: true });
    await expect(environments.ensure(lock)).rejects.toMatchObject({ code: "precondition_failed" });
    const { python } = await environments.ensure(lock, { folder: model });
    expect(await versionOf(python, "demo")).toBe("1.0");
  });

  test.each([
    [["demo==2.0", "stubborn"], "invalid_model", "stubborn"],
    [["absent-package"], "invalid_model", "absent-package was not found"],
    [["ancient"], "invalid_model", "ancient"],
    [["-e ."], "invalid_model", "option of pip"],
    [["git+https://example.org/x"], "invalid_model", "names an address"],
    [["demo @ file:///tmp/x.whl"], "invalid_model", "names an address"],
    [["./src"], "invalid_model", "names a folder"],
  ])("%j are refused with what is wrong", async (requirements, code, message) => {
    const refused = await resolve(...requirements).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code, message: expect.stringContaining(message) });
    expect((refused as Error).message).not.toContain(index.password);
  });

  test("an index or a Python that is out of reach is named, without passwords", async () => {
    const indexUrl = "http://me:pass-word-of-index@127.0.0.1:1/simple";
    const away = open(folder, { indexUrl });
    const none = await away.resolve({ requirements: ["demo"], python: null }).catch((error: unknown) => error);
    expect(none).toMatchObject({
      code: "precondition_failed",
      message: expect.stringContaining("127.0.0.1:1/simple/demo"),
    });
    expect((none as Error).message).not.toContain(index.password);
    await expect(away.resolve({ requirements: ["demo"], python: "3.99" })).rejects.toMatchObject({
      code: "precondition_failed",
      message: expect.stringMatching(
        /Python 3\.99 is needed and is not on this machine: .*looked on PATH.*found 3\..*Fetching it failed/,
      ),
    });
  });
});
