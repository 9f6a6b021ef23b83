import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "vitest";

const url = JSON.stringify(new URL("./parent-channel.ts", import.meta.url).href);

/** A process as the wrapper starts it; with `listens`, SIGTERM writes a line and the process goes on. */
async function start(listens: boolean) {
  const code = `
    const { followParent } = await import(${url});
    followParent();
    ${listens ? 'process.on("SIGTERM", () => console.log("got"));' : ""}
    setTimeout(() => process.exit(7), 3000);
    console.log("up");`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", code], {
    stdio: ["ignore", "pipe", "inherit", "ipc"],
    env: { ...process.env, SLIPWAY_PARENT: String(process.pid) },
  });
  let out = "";
  child.stdout?.on("data", (piece: Buffer) => (out += piece.toString()));
  await once(child.stdout as NonNullable<ChildProcess["stdout"]>, "data");
  return { child, got: () => out.split("\n").filter((line) => line === "got").length };
}

const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 400));

test("a signal that was told arrives once, one that came both ways as well", async () => {
  const { child, got } = await start(true);
  child.send({ signal: "SIGTERM" });
  await settle();
  expect(got()).toBe(1);
  child.kill("SIGTERM");
  child.send({ signal: "SIGTERM" });
  await settle();
  expect(got()).toBe(2);
  child.kill("SIGKILL");
});

test("when the wrapper is gone, the process gets SIGTERM", async () => {
  const { child, got } = await start(true);
  child.disconnect();
  await settle();
  expect(got()).toBe(1);
  child.kill("SIGKILL");
});

test.each([
  ["told", (child: ChildProcess) => void child.send({ signal: "SIGTERM" })],
  ["native", (child: ChildProcess) => void child.kill("SIGTERM")],
  ["gone", (child: ChildProcess) => child.disconnect()],
])("who does not listen ends by the signal: %s", async (_name, act) => {
  const { child } = await start(false);
  const ended = once(child, "exit");
  act(child);
  expect(await ended).toEqual([null, "SIGTERM"]);
});
