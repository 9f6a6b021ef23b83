import { spawn, type ChildProcess } from "node:child_process";
import type { Duplex } from "node:stream";
import type { Connect, LinkEvents } from "../remote/link.ts";
import { createFrameReader } from "./frame-reader.ts";

export interface ModelProcess {
  /** The program and its arguments. It speaks the protocol on file descriptor 3. */
  readonly command: readonly [program: string, ...args: string[]];
  /** All that it finds in its environment. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** The file descriptor of the child that is the socket. */
const socketAt = 3;
const stderrBytes = 4096;

/** Starts a process for each life of a replica, with a socket between the two. */
export function startModelProcess({ command: [program, ...args], environment }: ModelProcess): Connect {
  return (events) => {
    const child = spawn(program, args, {
      stdio: ["ignore", "ignore", "pipe", "pipe"],
      // C heaps for each of its threads would be mostly holes.
      env: { MALLOC_ARENA_MAX: "2", ...environment },
      // An interrupt from the terminal is for the server, which answers what it has begun first.
      detached: true,
      windowsHide: true,
    });
    const socket = child.stdio[socketAt] as Duplex;
    const kill = () => void child.kill("SIGKILL");
    receive({ child, socket, kill }, events);
    return {
      what: "process",
      kill,
      send: (frame) => {
        if (socket.writable) socket.write(frame);
      },
    };
  };
}

interface Running {
  readonly child: ChildProcess;
  readonly socket: Duplex;
  readonly kill: () => void;
}

function receive({ child, socket, kill }: Running, events: LinkEvents): void {
  let reason: string | null = null;
  const reader = createFrameReader(events.onFrame);
  socket.on("data", (chunk: Buffer) => {
    try {
      reader.push(chunk);
    } catch (error) {
      reason ??= `it said what is no frame (${(error as Error).message})`;
      kill();
    }
  });
  // What it cannot be told any more, its end tells.
  socket.on("error", () => {});
  let stderr = "";
  child.stderr!.setEncoding("utf8").on("data", (text: string) => {
    stderr = (stderr + text).slice(-stderrBytes);
  });
  const finish = (how: string) => {
    // Callers read it: no folders of this machine.
    const said = stderr
      .trim()
      .split("\n")
      .at(-1)!
      .replaceAll(/(?:\/[^\s/:]+)+\//g, "");
    events.onEnd(reason ?? (said ? `${how}; it said: ${said}` : how));
  };
  child.once("close", (code, signal) =>
    finish(signal === null ? `it ended with code ${code}` : `it ended by ${signal}`),
  );
  child.once("error", (error) => {
    // No `close` follows where it never came to life.
    if (child.pid === undefined) finish(error.message);
  });
}
