import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { systemClock } from "../../kernel/clock.ts";
import { isLost, startService, type Service } from "./service.ts";

const module = new URL("./testing/service.ts", import.meta.url);

function start(input: object = {}, onLine: (line: string) => void = () => {}): Service {
  const service = startService({ module, input, onLine, clock: systemClock });
  onTestFinished(() => service.kill());
  return service;
}

const loss = (call: Promise<unknown>) => call.then(() => "answered", isLost);

test("answers many calls at a time, hands errors through, and has none of the secrets of its parent", async () => {
  process.env["SLIPWAY_TOKEN"] = "secret";
  const lines: string[] = [];
  const service = start({}, (line) => lines.push(line));
  delete process.env["SLIPWAY_TOKEN"];
  await service.ready;
  const values = [1, { a: new Uint8Array([1, 2]) }, Infinity, null];
  expect(await Promise.all(values.map((value) => service.call("echo", value, 20_000)))).toEqual(values);
  await expect(service.call("refuse", null, 20_000)).rejects.toThrow("no");
  expect(await loss(service.call("refuse", null, 20_000))).toBe(false);
  expect(await service.call("env", null, 20_000)).not.toContain("SLIPWAY_TOKEN");
  await expect.poll(() => lines).toEqual(["started"]);
});

test("what does not start says why; what ends or does not answer in time is lost", async () => {
  await expect(start({ fail: true }).ready).rejects.toThrow("it cannot start");
  const service = start();
  await service.ready;
  expect(await loss(service.call("hang", null, 10))).toBe(true);
  const waiting = service.call("hang", null, 60_000);
  const [dead] = await Promise.all([loss(service.call("die", null, 60_000)), service.gone]);
  expect([dead, await loss(waiting), await loss(service.call("echo", 1, 60_000)), await service.gone]).toEqual([
    true,
    true,
    true,
    "SIGKILL",
  ]);
});

test(
  "signals to the group are the parent's business; the end of the parent is its own",
  { timeout: 30_000 },
  async () => {
    const { href } = new URL("./service.ts", import.meta.url);
    const clock = new URL("../../kernel/clock.ts", import.meta.url).href;
    const program = `
    import { startService } from ${JSON.stringify(href)};
    import { systemClock } from ${JSON.stringify(clock)};
    const service = startService({ module: new URL(${JSON.stringify(module.href)}), input: {}, onLine() {}, clock: systemClock });
    await service.ready;
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.kill(service.pid, signal);
    console.log(await service.call("pid", null, 20_000));
    setInterval(() => {}, 1000);`;
    const parent = spawn(process.execPath, ["--input-type=module", "-e", program], {
      cwd: fileURLToPath(new URL(".", import.meta.url)),
      stdio: ["ignore", "pipe", "inherit"],
    });
    onTestFinished(() => void parent.kill("SIGKILL"));
    const [text] = (await once(parent.stdout, "data")) as [Buffer];
    const pid = Number(text.toString());
    expect(process.kill(pid, 0)).toBe(true);
    parent.kill("SIGKILL");
    const isAlive = () => {
      try {
        return process.kill(pid, 0);
      } catch {
        return false;
      }
    };
    await expect.poll(isAlive, { timeout: 20_000 }).toBe(false);
  },
);
