import { SlipwayError } from "@slipway/contract";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { systemClock } from "../../kernel/clock.ts";
import { createChildRunner, type ChildTask } from "./child-runner.ts";

const runner = createChildRunner({ clock: systemClock });
const limits = { timeMs: 20_000, memoryBytes: 2 ** 30, heapBytes: 2 ** 28 };
const module = new URL("./testing/tasks.ts", import.meta.url);

function run(what: string, options: Partial<ChildTask> & { value?: unknown } = {}) {
  const { value, ...rest } = options;
  return runner.run({ module, input: { do: what, value }, limits, ...rest });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe("a child", () => {
  test("answers, without the secrets of its parent, and is gone then", async () => {
    process.env["SLIPWAY_TOKEN"] = "secret";
    const progress: unknown[] = [];
    const outcome = await run("echo", { value: { a: [1, "é"] }, onProgress: (step) => progress.push(step) });
    delete process.env["SLIPWAY_TOKEN"];
    expect(outcome).toMatchObject({ kind: "result", result: { value: { a: [1, "é"] }, secrets: [] } });
    expect(progress).toEqual(["doing echo"]);
    if (outcome.kind === "result") expect(isAlive((outcome.result as { pid: number }).pid)).toBe(false);
  });

  test("hands errors through", async () => {
    const refused = await run("refuse", { value: 7 });
    expect(refused).toMatchObject({
      kind: "error",
      error: { code: "invalid_model", message: "No.", details: { value: 7 } },
    });
    expect(refused.kind === "error" && SlipwayError.is(refused.error)).toBe(true);
    expect(await run("fail")).toMatchObject({ kind: "error", error: { message: "a bug" } });
    const absent = await run("echo", { module: new URL("./absent.ts", import.meta.url) });
    expect(absent).toMatchObject({ kind: "error", error: { message: expect.stringContaining("absent.ts") } });
  });

  test("may crash or leave alone", async () => {
    expect(await run("abort")).toMatchObject({ kind: "crash", signal: "SIGABRT" });
    expect(await run("leave")).toMatchObject({ kind: "exit", code: 3 });
    const full = await run("heap", { limits: { ...limits, heapBytes: 2 ** 25 } });
    expect(full).toMatchObject({ kind: "crash", stderr: expect.stringContaining("heap") });
  });

  test("is stopped at its limits", async () => {
    expect(await run("spin", { limits: { ...limits, timeMs: 300 } })).toEqual({ kind: "time_limit", timeMs: 300 });
    const memoryBytes = 200 * 2 ** 20;
    expect(await run("hoard", { limits: { ...limits, memoryBytes } })).toEqual({ kind: "memory_limit", memoryBytes });
  });

  test("is stopped by a signal, also before it starts", async () => {
    const controller = new AbortController();
    const running = run("spin", { signal: controller.signal, onProgress: () => controller.abort() });
    expect(await running).toEqual({ kind: "cancelled" });
    expect(await run("echo", { signal: AbortSignal.abort() })).toEqual({ kind: "cancelled" });
  });
});

test("a child that is stuck ends with its parent", async () => {
  const program = `
    import { createChildRunner } from ${JSON.stringify(new URL("./child-runner.ts", import.meta.url).href)};
    import { systemClock } from ${JSON.stringify(new URL("../../kernel/clock.ts", import.meta.url).href)};
    import { readFileSync } from "node:fs";
    void createChildRunner({ clock: systemClock }).run({
      module: new URL(${JSON.stringify(module.href)}), input: { do: "spin" }, limits: ${JSON.stringify(limits)},
      onProgress: () => console.log(readFileSync("/proc/self/task/" + process.pid + "/children", "utf8")),
    });`;
  const parent = spawn(process.execPath, ["--input-type=module-typescript", "-e", program], {
    cwd: fileURLToPath(new URL(".", import.meta.url)),
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = (await once(parent.stdout, "data")) as [Buffer];
  const pid = Number(line.toString().trim());
  expect(isAlive(pid)).toBe(true);
  parent.kill("SIGKILL");
  await expect.poll(() => isAlive(pid), { timeout: 10_000, interval: 100 }).toBe(false);
}, 20_000);
