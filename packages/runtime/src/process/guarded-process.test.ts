import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { startGuarded, type GuardedCommand } from "./guarded-process.ts";
import { readLines } from "./output-lines.ts";
import { groupMembers } from "./testing/group-members.ts";

function start(script: string, more: Partial<GuardedCommand> = {}) {
  const guarded = startGuarded({
    command: ["sh", "-c", script],
    environment: { PATH: process.env["PATH"] },
    socket: false,
    ...more,
  });
  const lines: string[] = [];
  const ended = new Promise<string>((resolve) => guarded.onEnd(resolve));
  readLines(guarded.stdout, (line) => lines.push(line));
  readLines(guarded.stderr, (line) => lines.push(line));
  onTestFinished(() => guarded.kill());
  return { ...guarded, pid: guarded.pid!, lines, ended };
}

const gone = (group: number) => expect.poll(() => groupMembers(group), { timeout: 20_000 }).toEqual([]);

test("kill -9 of the one that holds it leaves none of its processes", async () => {
  const script = fileURLToPath(new URL("testing/hold-guarded.ts", import.meta.url));
  const holder = spawn(process.execPath, [script], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void holder.kill("SIGKILL"));
  const [said] = (await once(holder.stdout.setEncoding("utf8"), "data")) as [string];
  const group = Number(said);
  await expect.poll(() => groupMembers(group).filter((args) => args.startsWith("sleep"))).toHaveLength(2);
  holder.kill("SIGKILL");
  await gone(group);
});

test("a program that ends leaves none of those that it started", async () => {
  const { pid, ended, lines } = start("sleep 1000 & echo started; exit 3");
  expect(await ended).toBe("it ended with code 3");
  expect(lines).toEqual(["started"]);
  await gone(pid);
});

test("a kill is one of the whole group", async () => {
  const { pid, ended, kill } = start("sleep 1000 & sleep 1000");
  await expect.poll(() => groupMembers(pid).filter((args) => args.startsWith("sleep"))).toHaveLength(2);
  kill();
  expect(await ended).toBe("it ended by SIGKILL");
  await gone(pid);
});

test("what left its group and holds its output open does not keep its end from being told", async () => {
  const script = "setsid sh -c 'echo $$; exec sleep 1000' 3<&- & read _ <&3; exit 5";
  const { ended, lines, socket } = start(script, { socket: true });
  await expect.poll(() => lines).toHaveLength(1);
  onTestFinished(() => void process.kill(Number(lines[0]), "SIGKILL"));
  socket!.write("go\n");
  expect(await ended).toBe("it ended with code 5");
});

test("what a model says of its search path does not take the guard away", async () => {
  const command = ["/bin/sh", "-c", "/bin/sleep 1000 & exit 0"] as const;
  const { pid, ended } = start("", { command, environment: { PATH: "/nowhere" } });
  expect(await ended).toBe("it ended with code 0");
  await gone(pid);
});

test("a program finds no descriptors but its own, and a program that is not there is named", async () => {
  const { ended, lines } = start("ls /proc/self/fd | sort -n | head -c 8; exec /no/such/program");
  // 3 is the folder that ls reads.
  expect(await ended).toBe("it ended with code 127");
  expect(lines.slice(0, 4)).toEqual(["0", "1", "2", "3"]);
  expect(lines.at(-1)).toContain("/no/such/program: not found");
});

test.skipIf(process.getuid?.() !== 0)("a program may run as somebody else, its guard too", async () => {
  const { pid, ended, lines, kill } = start("id -u; id -g; id -G; sleep 1000", { user: { uid: 65534, gid: 65533 } });
  await expect.poll(() => lines).toEqual(["65534", "65533", "65533"]);
  kill();
  await ended;
  await gone(pid);
});
