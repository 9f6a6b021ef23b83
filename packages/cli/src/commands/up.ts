import { SlipwayError } from "@slipway/contract/errors";
import type { Context, Input, Run } from "../context.ts";
import { UsageError } from "../exit-codes.ts";
import { writeDone } from "../output.ts";

type Flags = Readonly<Record<string, string | boolean>>;

interface ServerOptions {
  /** By their snake_case names. */
  readonly flags: Flags;
  readonly configFile?: string;
}

/** What this command line calls of the server's package, which is loaded only here. */
interface ServerDoor {
  /** Runs a server until a signal ends it. @returns the exit code */
  readonly runServer?: (options: ServerOptions) => Promise<number>;
  /** @throws SlipwayError `invalid_config` */
  readonly loadConfig?: (options: ServerOptions) => unknown;
}

async function loadServer<K extends keyof ServerDoor>(name: K): Promise<NonNullable<ServerDoor[K]>> {
  const server = (await import("@slipway/server")) as unknown as ServerDoor;
  const found = server[name];
  if (found === undefined) throw new SlipwayError("unimplemented", `This build's server has no ${name}.`);
  return found;
}

export const up: Run = async (context, input) => {
  const runServer = await loadServer("runServer");
  context.releaseSignals();
  return runServer(toServerOptions(context, input));
};

export const configCheck: Run = async (context, input) => {
  const loadConfig = await loadServer("loadConfig");
  loadConfig(toServerOptions(context, input));
  const file = String(input.options.config);
  writeDone(context, { config: file, valid: true }, `${file} is a valid configuration.`);
};

function toServerOptions(context: Context, input: Input): ServerOptions {
  const { config, ...listed } = input.options;
  const flags: Record<string, string | boolean> = parseRest(input.rest);
  for (const [name, value] of Object.entries(listed)) if (value !== undefined) flags[toSnakeCase(name)] = value;
  const { token } = context.settings;
  if (token !== undefined) flags.token = token;
  return { flags, ...(typeof config === "string" ? { configFile: config } : {}) };
}

function toSnakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** `--name value`, `--name=value` and `--name` in snake_case; the server knows which of them exist. */
export function parseRest(words: readonly string[]): Record<string, string | boolean> {
  const options: Record<string, string | boolean> = {};
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? "";
    const match = /^--([a-z][a-z0-9-]*)(?:=(.*))?$/s.exec(word);
    if (match === null) throw new UsageError(`\`slipway up\` does not take ${JSON.stringify(word)}.`);
    const name = (match[1] ?? "").replaceAll("-", "_");
    const next = words[i + 1];
    if (match[2] !== undefined) options[name] = match[2];
    else if (next !== undefined && !next.startsWith("--")) {
      options[name] = next;
      i++;
    } else options[name] = true;
  }
  return options;
}
