import type { RunOptions } from "@slipway/server";
import { textOption, type Context, type Input } from "./context.ts";
import { UsageError } from "./exit-codes.ts";

/** The server's own package, for what works on this machine and not through an address; loaded only where it is called. */
export const loadServer = () => import("@slipway/server");

/** Options of the server as they were typed after `command`, listed or not. @throws UsageError */
export function toRunOptions(context: Context, input: Input, command: string): RunOptions {
  const { config, ...listed } = input.options;
  const flags: Record<string, string | boolean> = parseRest(input.rest, command);
  for (const [name, value] of Object.entries(listed)) if (value !== undefined) flags[toSnakeCase(name)] = value;
  const { token } = context.settings;
  if (token !== undefined) flags.token = token;
  return { flags, ...(typeof config === "string" ? { configFile: config } : {}) };
}

/** The data folder that `slipway up` would take. @throws SlipwayError `invalid_config` */
export async function dataFolder(input: Input): Promise<string> {
  const data = textOption(input, "data");
  const { loadConfig } = await loadServer();
  return loadConfig({ flags: data === undefined ? {} : { data } }).data;
}

function toSnakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** `--name value`, `--name=value` and `--name` in snake_case; the server knows which of them exist. */
export function parseRest(words: readonly string[], command: string): Record<string, string | boolean> {
  const options: Record<string, string | boolean> = {};
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? "";
    const match = /^--([a-z][a-z0-9-]*)(?:=(.*))?$/s.exec(word);
    if (match === null) throw new UsageError(`\`slipway ${command}\` does not take ${JSON.stringify(word)}.`);
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
