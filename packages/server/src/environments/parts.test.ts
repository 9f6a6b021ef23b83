import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { findMissingLibrary, parseLock, publicIndex } from "./index.ts";
import { hideCredentials, toPipVariables, toUvVariables } from "./index-settings.ts";
import { createInterpreters } from "./interpreters.ts";
import { findOver, listLocked, listWheels, mayBuildSources, toLock } from "./lock.ts";
import { createRequirePython } from "./require-python.ts";
import { parsePythonRange, type PythonVersion } from "./python-range.ts";

describe("a range of Pythons", () => {
  const minors = [7, 8, 9, 10, 11, 12, 13, 14];
  const taken = (text: string | null) =>
    minors.filter((minor) => parsePythonRange(text).takes([3, minor, 4] as PythonVersion));

  test.each([
    ["3.11", [11]],
    ["3.11.7", [11]],
    ["==3.11.*", [11]],
    [">=3.10", [10, 11, 12, 13, 14]],
    [">=3.9,<3.12", [9, 10, 11]],
    [">3.9, <=3.12", [10, 11, 12]],
    ["~=3.12", [12, 13, 14]],
    ["~=3.12.1", [12]],
    [">=3.8,!=3.9,!=3.10", [8, 11, 12, 13, 14]],
    ["3", [8, 9, 10, 11, 12, 13, 14]],
    [null, [8, 9, 10, 11, 12, 13, 14]],
    ["2.7", []],
  ])("%s", (text, expected) => expect(taken(text)).toEqual(expected));

  test("knows which patch is best, and refuses what is none", () => {
    expect(parsePythonRange("3.11.7").best).toEqual([3, 11, 7]);
    expect(parsePythonRange(">=3.11").best).toBeNull();
    for (const text of ["", "three", "3.x", "3.11;", ">= "])
      expect(() => parsePythonRange(text)).toThrow(expect.objectContaining({ code: "invalid_manifest" }));
  });
});

test("a lock says what it holds, and one of another format is refused", () => {
  const resolved = "# by uv\nNumpy_x==1.0 \\\n    --hash=sha256:aa\nb.c==2.0+cpu ; x \\\n    --hash=sha256:bb\n";
  const wheels = [{ sha256: "a".repeat(64), path: "w/ours-1.0-py3-none-any.whl" }];
  const lock = toLock({ python: "3.11", resolved, wheels, sources: true, over: "ab-cd" });
  expect(lock.text.split("\n").slice(0, 5)).toEqual([
    "# slipway-lock 1",
    "# python 3.11",
    "# over ab-cd",
    "# builds from source",
    `# wheel ${"a".repeat(64)} w/ours-1.0-py3-none-any.whl`,
  ]);
  expect(listLocked(lock)).toEqual([
    { name: "numpy-x", version: "1.0" },
    { name: "b-c", version: "2.0+cpu" },
  ]);
  expect([listWheels(lock), mayBuildSources(lock), findOver(lock)]).toEqual([wheels, true, "ab-cd"]);
  expect(parseLock(lock.text)).toEqual(lock);
  expect(() => parseLock(lock.text.replace("lock 1", "lock 2"))).toThrow(/newer Slipway/);
  expect(() => parseLock("numpy==1.0\n")).toThrow(/damaged/);
});

test("a missing system library is named with the package that has it", () => {
  const text = (library: string) => `OSError: ${library}: cannot open shared object file: No such file or directory`;
  expect(findMissingLibrary(text("libgomp.so.1"))).toMatchObject({
    library: "libgomp.so.1",
    debianPackage: "libgomp1",
  });
  expect(findMissingLibrary(text("libGL.so.1"))?.advice).toContain("apt-get install libgl1");
  expect(findMissingLibrary(text("libfoo-2.so.3"))).toMatchObject({ debianPackage: null });
  expect(findMissingLibrary(text("libcuda.so.1"))?.advice).toContain("NVIDIA");
  expect(findMissingLibrary("ModuleNotFoundError: No module named 'x'")).toBeNull();
});

test("passwords of indexes reach uv and pip, and nobody who reads", () => {
  const index = {
    ...publicIndex,
    indexUrl: "https://me:s%C3%A9cret@a.example/simple",
    extraIndexUrl: "https://t:token-two@b.example https://c.example",
    findLinks: "/srv/my wheels,old",
    proxy: "http://p:proxy-word@d.example:3128",
    noIndex: true,
  };
  expect(toUvVariables(index, ["/x"])).toMatchObject({
    UV_DEFAULT_INDEX: index.indexUrl,
    UV_INDEX: index.extraIndexUrl,
    UV_FIND_LINKS: "file:///srv/my%20wheels%2Cold,file:///x",
    UV_NO_INDEX: "true",
    HTTPS_PROXY: index.proxy,
  });
  expect(toPipVariables(index)).toMatchObject({
    PIP_CONFIG_FILE: "/dev/null",
    PIP_INDEX_URL: index.indexUrl,
    PIP_NO_INDEX: "1",
  });
  const said = `${index.indexUrl} failed; ${index.extraIndexUrl}; sécret; by ${index.proxy}`;
  expect(hideCredentials(said, index)).toBe(
    "https://***@a.example/simple failed; https://***@b.example https://c.example; ***; by http://***@d.example:3128",
  );
});

describe("interpreters", () => {
  const folder = mkdtempSync(join(tmpdir(), "slipway-pythons-"));
  const path = process.env["PATH"];
  afterAll(() => {
    process.env["PATH"] = path;
    rmSync(folder, { recursive: true });
  });

  function fake(name: string, program: string): void {
    mkdirSync(join(folder, "bin"), { recursive: true });
    writeFileSync(join(folder, "bin", name), `#!/bin/sh\n${program}\n`);
    chmodSync(join(folder, "bin", name), 0o755);
  }

  test("that do not run are passed over, and those of a virtual environment stand for what they were made of", async () => {
    const real = join(folder, "bin", "real");
    const say = (version: string, fits = true) =>
      `echo '${JSON.stringify({ version, path: real, machine: "m", fits })}'`;
    fake("real", "true");
    fake("python3", "echo 'pyenv: python3: command not found' >&2; exit 127");
    fake("python", "echo nonsense");
    fake("python3.19", say("3.19.1"));
    fake("python3.18", say("3.18.0", false));
    process.env["PATH"] = [join(folder, "bin"), "/usr/bin", "/bin"].join(delimiter);
    const interpreters = createInterpreters({ fetched: join(folder, "fetched") });
    const find = (text: string) => interpreters.find(parsePythonRange(text));
    expect(await find("3.19")).toMatchObject({ path: real, minor: "3.19", version: [3, 19, 1] });
    expect(await find("3.18")).toBeNull();
    expect(await interpreters.describe()).toContain("3.19.1");
  });

  test("that are too old are called so, and never fetched", async () => {
    const interpreters = createInterpreters({ fetched: join(folder, "fetched") });
    const run = () => Promise.reject(new Error("uv was asked"));
    const { require } = createRequirePython({ interpreters, uv: { run } });
    for (const text of ["3.6", "3.7.16", "2.7", "==3.6.*"])
      await expect(require(parsePythonRange(text), {}), text).rejects.toMatchObject({
        code: "precondition_failed",
        message: expect.stringContaining(`Python ${text} is asked for, and models run on Python 3.8 and later`),
      });
  });
});
