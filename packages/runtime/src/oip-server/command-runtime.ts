import { chmod, stat } from "node:fs/promises";
import { isAbsolute, join } from "node:path";
import { startProgram, type CopyOptions, type ModelProcess } from "../process/model-process.ts";
import { openRemoteReplica } from "../remote/open-remote-replica.ts";
import type { RemoteOptions } from "../remote/remote-replica.ts";
import type { Connect } from "../remote/link.ts";
import type { Runtime } from "../runtime.ts";
import { findFreePort } from "./free-port.ts";
import { createHttpClient } from "./http-client.ts";
import { createOipLink, type OipPeer } from "./oip-link.ts";
import { createOipSession } from "./oip-session.ts";

export interface CommandRuntimeOptions extends RemoteOptions, Omit<ModelProcess, "command"> {
  /** `{host}` and `{port}` stand for the address to listen on; a program with a path is a file of the version. */
  readonly command: readonly string[];
  /** What the model is called there. */
  readonly model: string;
}

const host = "127.0.0.1";

/** Runs any program that serves the Open Inference Protocol over HTTP on the address that it is given, one for each replica. */
export function createCommandRuntime({ model: name, ...options }: CommandRuntimeOptions): Runtime {
  return {
    open: (files, signature, how) =>
      openRemoteReplica(
        { ...options, connect: startCommand({ ...options, model: name }, files.folder, how) },
        { files, signature, options: how },
      ),
  };
}

/** Starts the program in the folder of the version for each life of a replica. */
export function startCommand(options: CommandRuntimeOptions, folder: string, copy: CopyOptions): Connect {
  async function start(onEnd: (reason: string) => void): Promise<OipPeer> {
    const port = await findFreePort(host);
    const fill = (text: string) => text.replaceAll("{port}", String(port)).replaceAll("{host}", host);
    const [program, ...args] = options.command.map(fill);
    const command = [await toProgram(folder, program!), ...args] as const;
    const environment = { ...options.environment, HOST: host, PORT: String(port) };
    const running = startProgram({ ...options, command, environment }, copy, { socket: false, folder });
    running.onEnd(onEnd);
    const session = createOipSession(createHttpClient(`http://${host}:${port}`), { model: options.model });
    const kill = (reason: string | null) => (reason === null ? running.kill() : running.fail(reason));
    return { session, kill };
  }
  return (events) => createOipLink({ events, what: "program", address: null, start });
}

/** A file of the version can be run, whatever its mode was where it came from. */
async function toProgram(folder: string, program: string): Promise<string> {
  if (isAbsolute(program) || !program.includes("/")) return program;
  const path = join(folder, program);
  const found = await stat(path).catch(() => null);
  if (found?.isFile() && (found.mode & 0o111) !== 0o111) await chmod(path, (found.mode & 0o777) | 0o111);
  return path;
}
