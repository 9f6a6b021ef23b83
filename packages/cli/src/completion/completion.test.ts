import { execFileSync, spawnSync } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { globalOptions } from "../root-help.ts";
import { commandSpecs } from "../specs/index.ts";
import { bashCompletion } from "./bash.ts";
import { fishCompletion } from "./fish.ts";
import { childrenOf, toTree } from "./tree.ts";
import { zshCompletion } from "./zsh.ts";

const has = (shell: string): boolean => spawnSync(shell, ["-c", "true"]).status === 0;
const tree = toTree({ commands: commandSpecs, options: globalOptions });
const { nodes } = tree;
const scripts = { bash: bashCompletion(tree), zsh: zshCompletion(tree), fish: fishCompletion(tree) };

test("every command and option of the specs stands in every script", () => {
  for (const [shell, script] of Object.entries(scripts))
    for (const spec of commandSpecs) {
      for (const word of spec.usage.split(" ").filter((text) => /^[a-z]/.test(text)))
        expect(script, shell).toContain(word);
      for (const [flags] of spec.options ?? [])
        for (const [, name = ""] of flags.matchAll(/--([a-z-]+)/g)) expect(script, shell).toContain(name);
    }
});

test("words that only lead on are commands too", () => {
  expect(childrenOf(nodes, "alias").map((child) => child.name)).toEqual(["set", "delete"]);
  expect(childrenOf(nodes, "").find((child) => child.name === "token")?.summary).toBe("create, list, revoke");
  expect(nodes.find((node) => node.path === "token create")?.options[2]).toEqual({
    names: ["--scope"],
    value: ["infer", "read", "track", "deploy", "admin"],
    meaning: "what it may do",
  });
});

describe.each(["bash", "zsh", "fish"] as const)("%s", (shell) => {
  test.skipIf(!has(shell))("takes the script", () => {
    execFileSync(shell, ["-n"], { input: scripts[shell] });
  });
});

describe.skipIf(!has("bash"))("in bash", () => {
  let folder = "";
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "slipway-"));
    await mkdir(join(folder, "data"));
    await writeFile(join(folder, "my model.onnx"), "");
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  /** What Tab offers after these words; the last one is being typed. */
  function complete(...words: string[]): string[] {
    const line = words.map((word) => `'${word}'`).join(" ");
    const script = `${scripts.bash}
COMP_WORDS=(slipway ${line}); COMP_CWORD=${words.length}
_slipway; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const out = execFileSync("bash", ["--norc", "-c", script], { cwd: folder, encoding: "utf8" });
    return out.split("\n").filter((word) => word !== "");
  }

  test("commands, and what stands below them", () => {
    expect(complete("to")).toEqual(["token"]);
    expect(complete("")).toHaveLength(childrenOf(nodes, "").length);
    expect(complete("token", "")).toEqual(["create", "list", "revoke"]);
    expect(complete("--url", "http://x", "--json", "alias", "s")).toEqual(["set"]);
    expect(complete("predictions", "").toSorted()).toEqual(["erase", "import", "show"]);
    expect(complete("predictions", "flight-delay", "")).toEqual([]);
    expect(complete("completion", "z")).toEqual(["zsh"]);
  });

  test("options of the command and of every command", () => {
    expect(complete("token", "create", "--s")).toEqual(["--scope"]);
    expect(complete("deploy", "m.onnx", "--no")).toEqual(["--no-traffic"]);
    expect(complete("models", "--")).toEqual([
      "--url",
      "--token",
      "--output",
      "--json",
      "--yes",
      "--timeout",
      "--quiet",
      "--help",
    ]);
  });

  test("values of an option, with = and without", () => {
    expect(complete("token", "create", "--scope", "")).toEqual(["infer", "read", "track", "deploy", "admin"]);
    expect(complete("token", "create", "--scope", "=", "a")).toEqual(["admin"]);
    expect(complete("token", "create", "--scope", "=")).toEqual(["infer", "read", "track", "deploy", "admin"]);
    expect(complete("models", "-o", "j")).toEqual(["json"]);
    expect(complete("predict", "x", "--data", "")).toEqual([]);
    expect(complete("token", "create", "--scope", "deploy", "--us")).toEqual(["--user"]);
  });

  test("files and folders, also with spaces", () => {
    expect(complete("deploy", "my")).toEqual(["my model.onnx"]);
    expect(complete("token", "list", "--data", "")).toEqual(["data"]);
    expect(complete("apply", "-f", "").toSorted()).toEqual(["data", "my model.onnx"]);
  });
});
