import type { Readable } from "node:stream";
import type { Connect, LinkEvents } from "../remote/link.ts";
import { createFrameReader } from "./frame-reader.ts";
import { startGuarded, type GuardedProcess, type ProcessUser } from "./guarded-process.ts";
import { watchMemory } from "./memory-watch.ts";
import { readLines } from "./output-lines.ts";
import { makeHome } from "./process-home.ts";
import { threadCaps } from "./thread-caps.ts";

const tailBytes = 4096;

export interface ModelProcess {
  /** The program and its arguments. It speaks the protocol on file descriptor 3. */
  readonly command: readonly [program: string, ...args: string[]];
  /** All that it finds in its environment, but for thread caps and a home. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Below it, each life of a process gets a folder of its own as HOME and TMPDIR. Left out: what the environment says. */
  readonly homes?: string;
  /** Whom it runs as; needs root. Left out: whom this process runs as. */
  readonly user?: ProcessUser;
  /** Told of each line that it says. */
  readonly onLine?: (line: ModelLine) => void;
}

/** A line that the process of a model said on a stream of its own. */
export interface ModelLine {
  /** `flight-delay@2` */
  readonly what: string;
  /** Which of its copies, from 1. */
  readonly copy: number;
  readonly stream: "stdout" | "stderr";
  readonly text: string;
}

export interface CopyOptions {
  readonly threads?: number;
  /** Of resident memory, of all that the process started too; beyond it they are ended. Null: no bound. */
  readonly memoryBytes?: number | null;
  /** It has the lowest priority from its first moment, and so has what it starts. */
  readonly background?: boolean;
  readonly what?: string;
  readonly copy?: number;
}

/** The words before a command that has nobody wait for it. */
const nice = ["nice", "-n", "19"] as const;

/** Starts a process for each life of a replica, with a socket between the two. */
export function startModelProcess(model: ModelProcess, copy: CopyOptions = {}): Connect {
  return (events) => {
    const running = startProgram(model, copy, { socket: true });
    receive(running, events);
    return {
      what: "process",
      kill: running.kill,
      send: (frame) => {
        if (running.socket!.writable) running.socket!.write(frame);
      },
    };
  };
}

export interface Program extends GuardedProcess {
  /** Of this life alone; null where it has none. */
  readonly home: string | null;
  /** Ends it for a reason that is told in place of how it ended. */
  fail(reason: string): void;
}

export interface ProgramOptions {
  readonly socket: boolean;
  readonly folder?: string;
  /** Left out: that of the model. */
  readonly command?: ModelProcess["command"];
}

/** A program of a model within its limits; each line that it says is handed on, and the last one stands in the reason of its end. */
export function startProgram(
  { command, environment, homes, user, onLine }: ModelProcess,
  { threads = 1, memoryBytes = null, background = false, what = "the model", copy = 1 }: CopyOptions,
  how: ProgramOptions,
): Program {
  const home = homes === undefined ? null : makeHome(homes, user);
  const given = how.command ?? command;
  const guarded = startGuarded({
    command: background && process.platform !== "win32" ? [...nice, ...given] : given,
    // C heaps for each of its threads would be mostly holes.
    environment: { MALLOC_ARENA_MAX: "2", ...threadCaps(threads), ...environment, ...home?.environment },
    socket: how.socket,
    ...((how.folder ?? home?.folder) !== undefined && { folder: how.folder ?? home!.folder }),
    ...(user && { user }),
  });
  let reason: string | null = null;
  const fail = (why: string) => {
    reason ??= why;
    guarded.kill();
  };
  for (const stream of ["stdout", "stderr"] as const)
    readLines(guarded[stream], (text) => onLine?.({ what, copy, stream, text }));
  const last = keepLastLine(guarded.stderr);
  const unwatch = memoryBytes === null ? null : watchMemory(guarded.pid, memoryBytes, fail);
  return {
    ...guarded,
    home: home?.folder ?? null,
    fail,
    onEnd: (listener) =>
      guarded.onEnd((end) => {
        unwatch?.();
        home?.remove();
        const said = withoutFolders(last());
        listener(reason ?? (said ? `${end}; it said: ${said}` : end));
      }),
  };
}

function receive({ socket, fail, onEnd }: Program, events: LinkEvents): void {
  const reader = createFrameReader(events.onFrame);
  // The system says so where the other end is gone with bytes before it that it never read.
  let unread = false;
  socket!.on("error", ({ code }: NodeJS.ErrnoException) => (unread ||= code === "ECONNRESET" || code === "EPIPE"));
  socket!.on("data", (chunk: Buffer) => {
    try {
      reader.push(chunk);
    } catch (error) {
      fail(`it said what is no frame (${(error as Error).message})`);
    }
  });
  onEnd((reason) => events.onEnd(reason, { unread }));
}

/** Of all that was said, also of what was too much to hand on. */
function keepLastLine(stream: Readable): () => string {
  let tail = Buffer.alloc(0);
  stream.on("data", (chunk: Buffer) => {
    tail = Buffer.concat([tail, chunk.subarray(-tailBytes)]).subarray(-tailBytes);
  });
  return () => tail.toString("utf8").trim().split("\n").at(-1)!;
}

/** Callers read it: no folders of this machine. */
function withoutFolders(line: string): string {
  return line.replaceAll(/(?:\/[^\s/:]+)+\//g, "");
}
