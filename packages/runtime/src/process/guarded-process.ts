import { spawn, type ChildProcess } from "node:child_process";
import type { Duplex, Readable } from "node:stream";

export interface GuardedCommand {
  readonly command: readonly [program: string, ...args: string[]];
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Left out: this process's own. */
  readonly folder?: string;
  /** Whether it gets a socket as file descriptor 3. */
  readonly socket: boolean;
  /** Whom it runs as; needs root. Left out: whom this process runs as. */
  readonly user?: ProcessUser;
}

export interface ProcessUser {
  readonly uid: number;
  readonly gid: number;
}

export interface GuardedProcess {
  readonly pid: number | undefined;
  /** Null without one. */
  readonly socket: Duplex | null;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Ends it and all that it started. */
  kill(): void;
  /** Once, when it is gone and all that it said was read; how it ended, as part of a sentence. */
  onEnd(listener: (how: string) => void): void;
}

const socketAt = 3;
const guardAt = 4;
/** What it started and took out of its group may hold its ends of the pipes for ever. */
const drainMs = 1000;

/**
 * The guard is a shell in the process group of the program. It reads from a pipe that only this process holds: when the
 * pipe closes, since the program has ended or this process is gone, kill -9 included, it ends the whole group.
 */
const guard = `/bin/sh -c 'read _; kill -KILL 0' slipway-guard <&${guardAt} >/dev/null 2>&1 ${socketAt}<&- ${guardAt}<&- &
exec "$@" ${guardAt}<&-`;

/** Starts a program that leaves nothing behind, whoever of the two ends first and however; it need not do anything for that. */
export function startGuarded(given: GuardedCommand): GuardedProcess {
  const hasGuard = process.platform !== "win32";
  const [program, ...args] = given.command;
  const [file, argv] = hasGuard ? ["/bin/sh", ["-c", guard, "sh", program, ...args]] : [program, args];
  const socket = given.socket ? "pipe" : "ignore";
  const child = spawn(file, argv, {
    stdio: ["ignore", "pipe", "pipe", socket, ...(hasGuard ? (["pipe"] as const) : [])],
    env: given.environment,
    ...(given.folder !== undefined && { cwd: given.folder }),
    ...given.user,
    // A group of its own; and an interrupt from the terminal is for the server, which answers what it has begun first.
    detached: true,
    windowsHide: true,
  });
  const streams = child.stdio.slice(1).filter((stream) => stream !== null) as Duplex[];
  // What cannot be told any more, the end tells.
  for (const stream of streams) stream.on("error", () => {});
  return {
    pid: child.pid,
    socket: child.stdio[socketAt] as Duplex | null,
    stdout: child.stdout!,
    stderr: child.stderr!,
    kill: () => killGroup(child, hasGuard),
    onEnd: (listener) => watchEnd(child, streams, listener),
  };
}

function killGroup(child: ChildProcess, hasGroup: boolean): void {
  const { pid, exitCode, signalCode } = child;
  // Once its end is known, its number may be another one's.
  if (pid === undefined || exitCode !== null || signalCode !== null) return;
  try {
    if (hasGroup) process.kill(-pid, "SIGKILL");
    else child.kill("SIGKILL");
  } catch {
    // It has just ended.
  }
}

function watchEnd(child: ChildProcess, streams: readonly Duplex[], listener: (how: string) => void): void {
  child.once("exit", () => {
    // What it started ends now, and with that the pipes.
    (child.stdio[guardAt] as Duplex | null | undefined)?.destroy();
    const patience = setTimeout(() => streams.forEach((stream) => stream.destroy()), drainMs);
    child.once("close", () => clearTimeout(patience));
  });
  child.once("close", (code, signal) =>
    listener(signal === null ? `it ended with code ${code}` : `it ended by ${signal}`),
  );
  child.once("error", (error) => {
    // No `close` follows where it never came to life.
    if (child.pid !== undefined) return;
    for (const stream of streams) stream.destroy();
    listener(error.message);
  });
}
