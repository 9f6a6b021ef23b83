import { chmod, chown, copyFile, mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { parseDuration, SlipwayError } from "@slipway/contract";
import { startGuarded, type ProcessUser } from "@slipway/runtime";
import type { BlobStore } from "../../platform/blobs/index.ts";
import { toModelEnvironment } from "../../platform/process/index.ts";
import type { GateFiles } from "./gate-files.ts";
import { addressOf, type Check, type GateJob, type GateSpec } from "./gate.ts";

export interface CommandDeps {
  readonly folder: string;
  readonly blobs: BlobStore;
  readonly files: GateFiles;
  readonly url: () => string;
  readonly user: ProcessUser | null;
}

export type CommandGate = Extract<GateSpec, { readonly command: readonly string[] }>;

const usualTimeoutMs = 10 * 60_000;
const mostOutput = 16_384;

/** One's own gate: a command that ends with 0 where the candidate may go on. What it says is kept. */
export function createCommandCheck(deps: CommandDeps, { name, command, timeout }: CommandGate): Check {
  const timeoutMs = timeout === undefined ? usualTimeoutMs : parseDuration(timeout);
  return async (job) => {
    const room = await mkdtemp(join(deps.folder, "tmp", "gate-"));
    try {
      await layOut(deps, { room, job });
      // It may be cancelled by now, which a listener of later would not hear.
      job.signal.throwIfAborted();
      const { how, output, ended } = await runCommand({ room, command, deps, job, timeoutMs });
      const evidence = { command, how, output };
      if (ended === "timeout")
        return { verdict: "error", message: `${name} took longer than ${timeoutMs / 1000} s and was ended.`, evidence };
      if (ended === "passed") return { verdict: "pass", message: `${name} ended with 0.${last(output)}`, evidence };
      if (ended === "failed") return { verdict: "fail", message: `${name}: ${how}.${last(output)}`, evidence };
      return { verdict: "error", message: `${name} could not be run: ${how}.`, evidence };
    } finally {
      await rm(room, { recursive: true, force: true });
    }
  };
}

/** The files that came for the gates of this version, under their names; all of it is whom the command runs as. */
async function layOut(
  { files, blobs, user }: CommandDeps,
  { room, job }: { readonly room: string; readonly job: GateJob },
): Promise<void> {
  const own = async (path: string) => (user === null ? undefined : chown(path, user.uid, user.gid));
  await own(room);
  const { model, version } = job.candidate;
  const listed = await files.list(model, version);
  const hold = await blobs.hold(listed.map(({ sha256 }) => sha256));
  try {
    const gone = listed.find(({ sha256 }) => hold.missing.includes(sha256));
    if (gone !== undefined)
      throw new SlipwayError("blob_not_found", `The file ${gone.path} is gone.`, { sha256: gone.sha256 });
    for (const { path, sha256 } of listed) {
      for (const folder of foldersOf(path)) {
        await mkdir(join(room, folder), { recursive: true });
        await own(join(room, folder));
      }
      await copyFile(blobs.path(sha256), join(room, path));
      await chmod(join(room, path), 0o755);
      await own(join(room, path));
    }
  } finally {
    hold.release();
  }
}

/** `a/b/c.csv`: `a`, `a/b`. */
function foldersOf(path: string): string[] {
  const parts = path.split("/").slice(0, -1);
  return parts.map((_, i) => parts.slice(0, i + 1).join("/"));
}

interface Running {
  readonly room: string;
  readonly command: readonly string[];
  readonly deps: CommandDeps;
  readonly job: GateJob;
  readonly timeoutMs: number;
}

interface Outcome {
  readonly ended: "passed" | "failed" | "timeout" | "lost";
  readonly how: string;
  readonly output: string;
}

async function runCommand({ room, command, deps, job, timeoutMs }: Running): Promise<Outcome> {
  const [program = "", ...args] = command;
  const limit = AbortSignal.timeout(timeoutMs);
  const child = startGuarded({
    command: [program, ...args],
    environment: {
      ...toModelEnvironment({ variables: {}, secrets: [] }),
      ...toVariables(deps, job),
      HOME: room,
      TMPDIR: room,
    },
    folder: room,
    socket: false,
    ...(deps.user && { user: deps.user }),
  });
  const kill = () => child.kill();
  for (const signal of [limit, job.signal]) signal.addEventListener("abort", kill, { once: true });
  let output = "";
  const keep = (text: string) => void (output = (output + text).slice(-mostOutput));
  child.stdout.setEncoding("utf8").on("data", keep);
  child.stderr.setEncoding("utf8").on("data", keep);
  const how = await new Promise<string>((resolve) => child.onEnd(resolve));
  job.signal.removeEventListener("abort", kill);
  job.signal.throwIfAborted();
  const code = /^it ended with code (\d+)$/.exec(how)?.[1];
  if (limit.aborted && code === undefined) return { ended: "timeout", how, output };
  // What the shell answers for a program that is not there, or that may not be run.
  if (code === undefined || code === "126" || code === "127") return { ended: "lost", how: toWhy(how, output), output };
  return { ended: code === "0" ? "passed" : "failed", how, output };
}

function toVariables({ url }: CommandDeps, { rollout, endpoint, candidate, champion }: GateJob) {
  return {
    SLIPWAY_URL: url(),
    SLIPWAY_ENDPOINT: endpoint.name,
    SLIPWAY_MODEL: candidate.model,
    SLIPWAY_VERSION: String(candidate.version),
    SLIPWAY_CANDIDATE: addressOf(candidate),
    SLIPWAY_CHAMPION: addressOf(champion),
    SLIPWAY_ROLLOUT: rollout.id,
  };
}

function toWhy(how: string, output: string): string {
  return output.trim() === "" ? how : `${how} (${output.trim().split("\n").at(-1)})`;
}

function last(output: string): string {
  const line = output.trim().split("\n").at(-1) ?? "";
  return line === "" ? "" : ` ${line.slice(0, 500)}`;
}
