import { slipwayVersion } from "@slipway/contract/version";
import { CommanderError } from "commander";
import type { Client } from "@slipway/sdk";
import type { Context, Format, Settings } from "./context.ts";
import { exitCodes, UsageError } from "./exit-codes.ts";
import { createProgram } from "./program.ts";
import { globalOptions } from "./root-help.ts";
import { commandSpecs } from "./specs/index.ts";
import { createStyle } from "./style.ts";
import { findNearest } from "./text.ts";
import { parseTimeoutMs } from "./time.ts";

const sameSignalMs = 300;

type Options = Readonly<Record<string, string | boolean | undefined>>;

/**
 * Runs one command line, without the node and the script before it.
 * @returns the exit code
 */
export async function main(argv: readonly string[]): Promise<number> {
  process.stdout.on("error", endOnClosedPipe);
  let outcome: number | undefined | void;
  const program = createProgram({
    version: slipwayVersion,
    writeOut: (text) => process.stdout.write(text),
    run: async (spec, input, globals) => {
      const settings = toSettings(globals);
      if (settings.format === "parquet" && spec.usage !== "predictions <name>")
        throw new UsageError("-o parquet is for `slipway predictions NAME`: use table, json or csv here.");
      const { context, dispose } = await createContext(settings);
      const run = await spec.load();
      try {
        outcome = await run(context, input);
      } finally {
        dispose();
      }
    },
  });
  try {
    await program.parseAsync([...argv], { from: "user" });
  } catch (error) {
    const problem = error instanceof CommanderError ? fromCommander(error, argv) : error;
    if (problem === null) return exitCodes.ok;
    return report(problem, argv);
  }
  return outcome ?? exitCodes.ok;
}

async function report(error: unknown, argv: readonly string[]): Promise<number> {
  const { toErrorJson, toErrorText, toExitCode } = await import("./error-report.ts");
  process.stderr.write(wantsJson(argv) ? toErrorJson(error) : paint(toErrorText(error)));
  return toExitCode(error);
}

function paint(text: string): string {
  const style = createStyle(process.stderr, process.env);
  return text.replace(/^error:/, style.red("error:")).replaceAll(/^hint:/gm, style.dim("hint:"));
}

/** Null where nothing is wrong: help or the version was asked for. */
function fromCommander(error: CommanderError, argv: readonly string[]): UsageError | null {
  if (error.code === "commander.helpDisplayed" || error.code === "commander.version") return null;
  if (error.code === "commander.help") return new UsageError(`\`slipway ${argv.join(" ")}\` is not a whole command.`);
  const text = error.message.replace(/^error: /, "").replace(/\s*\(Did you mean.*$/s, "");
  const unknown = /^unknown command '(.+?)'/.exec(text)?.[1];
  const near = unknown === undefined ? undefined : findNearest(unknown, firstWords);
  const hint = near === undefined ? "" : ` Did you mean ${near}?`;
  return new UsageError(`${text.replace(/\. See '.*$/, "").replace(/\.?$/, ".")}${hint}`);
}

const firstWords = [...new Set(commandSpecs.map((spec) => spec.usage.split(" ")[0] ?? ""))];

/** Looked up in the raw arguments, since wrong usage must be told in the same form. */
function wantsJson(argv: readonly string[]): boolean {
  return argv.some(
    (word, i) =>
      word === "--json" ||
      word === "-ojson" ||
      word === "--output=json" ||
      ((word === "-o" || word === "--output") && argv[i + 1] === "json"),
  );
}

function toSettings(globals: Options): Settings {
  const text = (name: string): string | undefined => {
    const value = globals[name];
    return typeof value === "string" ? value : undefined;
  };
  const timeout = text("timeout");
  return {
    url: text("url") ?? (process.env.SLIPWAY_URL || undefined),
    token: text("token") ?? (process.env.SLIPWAY_TOKEN || undefined),
    format: globals.json === true ? "json" : toFormat(text("output") ?? "table"),
    yes: globals.yes === true,
    quiet: globals.quiet === true,
    timeoutMs: timeout === undefined ? undefined : parseTimeoutMs(timeout),
  };
}

function toFormat(text: string): Format {
  if (text === "table" || text === "json" || text === "csv" || text === "parquet") return text;
  throw new UsageError(`-o ${text} is no format: use table, json or csv; predictions know parquet, too.`);
}

async function createContext(settings: Settings): Promise<{ context: Context; dispose(): void }> {
  const { createClient } = await import("@slipway/sdk");
  let client: Client | undefined;
  const handlers: (() => void)[] = [];
  let interruptedAt = Number.NEGATIVE_INFINITY;
  const interrupt = (): void => {
    // npm passes a Ctrl-C on that the terminal has sent here already.
    if (performance.now() - interruptedAt < sameSignalMs) return;
    interruptedAt = performance.now();
    const handler = handlers.at(-1);
    if (handler === undefined) process.exit(exitCodes.interrupted);
    handler();
  };
  process.on("SIGINT", interrupt);
  const dispose = (): void => void process.removeListener("SIGINT", interrupt);
  const context: Context = {
    settings,
    stdout: process.stdout,
    stderr: process.stderr,
    style: createStyle(process.stdout, process.env),
    env: process.env,
    commandLine: { commands: commandSpecs, options: globalOptions },
    client: () => (client ??= asUsage(() => createClient(settings))),
    now: () => Date.now(),
    onInterrupt: (handler) => {
      handlers.push(handler);
      return () => void handlers.splice(handlers.indexOf(handler), 1);
    },
    releaseSignals: dispose,
  };
  return { context, dispose };
}

/** An address or a token that cannot be one is a mistake on this side of the wire. */
function asUsage<T>(make: () => T): T {
  try {
    return make();
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

/** `slipway predictions x | head` ends quietly. */
function endOnClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code === "EPIPE") process.exit(exitCodes.ok);
  throw error;
}
