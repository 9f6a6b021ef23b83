import { createClient } from "@slipway/sdk";
import type { Context, Input, Run, Settings } from "../context.ts";
import { globalOptions } from "../root-help.ts";
import { commandSpecs } from "../specs/index.ts";
import { createStyle } from "../style.ts";

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface RunOptions {
  readonly args?: readonly (string | undefined)[];
  readonly options?: Input["options"];
  readonly rest?: readonly string[];
  readonly settings?: Partial<Settings>;
  readonly env?: Context["env"];
  /** Answers in place of a server, by method and path: "GET /api/v1/models/x". */
  readonly answers?: Readonly<Record<string, unknown>>;
}

/** Runs one command in this process, with a client of the SDK in front of given answers. */
export async function runCommand(run: Run, options: RunOptions = {}): Promise<Ran> {
  const { args = [], rest = [], env = {}, answers = {} } = options;
  const settings: Settings = {
    url: undefined,
    token: undefined,
    format: "table",
    yes: false,
    quiet: false,
    timeoutMs: undefined,
    ...options.settings,
  };
  let [out, err] = ["", ""];
  const stdout = { write: (text: string) => (out += text) };
  const fetch = (async (input: string, init?: RequestInit) => {
    const url = new URL(input);
    const key = `${init?.method ?? "GET"} ${url.pathname}`;
    const found = answers[`${key}${url.search}`] ?? answers[key];
    if (found !== undefined) return Response.json(found);
    return Response.json({ code: "not_found", detail: `nothing at ${key}` }, { status: 404 });
  }) as typeof globalThis.fetch;
  const context: Context = {
    settings,
    stdout,
    stderr: { write: (text: string) => (err += text) },
    style: createStyle(stdout, {}),
    env,
    commandLine: { commands: commandSpecs, options: globalOptions },
    client: () => createClient({ ...settings, fetch }),
    now: () => Date.parse("2026-11-22T10:15:30.123Z"),
    onInterrupt: () => () => undefined,
    releaseSignals: () => undefined,
  };
  const code = (await run(context, { args, options: options.options ?? {}, rest })) ?? 0;
  return { code, out, err };
}
