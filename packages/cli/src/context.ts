import { UsageError } from "./exit-codes.ts";
import type { Client } from "@slipway/sdk";
import type { CommandOutline, OptionOutline } from "./specs/outline.ts";
import type { Stream, Style } from "./style.ts";

/** `parquet` is for predictions alone. */
export type Format = "table" | "json" | "csv" | "parquet";

/** The options that every command takes. */
export interface Settings {
  readonly url: string | undefined;
  readonly token: string | undefined;
  readonly format: Format;
  readonly yes: boolean;
  readonly quiet: boolean;
  readonly timeoutMs: number | undefined;
}

/** All that this command line takes. */
export interface CommandLine {
  readonly commands: readonly CommandOutline[];
  /** Options of every command. */
  readonly options: readonly OptionOutline[];
}

/** What a command works with; everything outside comes through here. */
export interface Context {
  readonly settings: Settings;
  readonly stdout: Stream;
  readonly stderr: Stream;
  readonly style: Style;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly commandLine: CommandLine;
  client(): Client;
  now(): number;
  /**
   * Has Ctrl-C call `handler` instead of ending the process with 130.
   * @returns a function that takes it back
   */
  onInterrupt(handler: () => void): () => void;
  /** Leaves SIGINT to somebody else, for `up`. */
  releaseSignals(): void;
}

export interface Input {
  /** Positional arguments in their order; an optional one that is missing is undefined. */
  readonly args: readonly (string | undefined)[];
  /** Options of this command by their long name in camelCase. */
  readonly options: Readonly<Record<string, string | boolean | undefined>>;
  /** What `up` did not know by itself. */
  readonly rest: readonly string[];
}

/** Runs one command; a number is the exit code, nothing is 0. */
export type Run = (context: Context, input: Input) => Promise<number | undefined | void>;

export function textOption(input: Input, name: string): string | undefined {
  const value = input.options[name];
  return typeof value === "string" ? value : undefined;
}

/** One of a few words. @throws UsageError that names them */
export function choiceOption<T extends string>(input: Input, name: string, choices: readonly T[]): T | undefined {
  const value = textOption(input, name);
  const choice = choices.find((each) => each === value);
  if (value === undefined || choice !== undefined) return choice;
  throw new UsageError(`--${name} is one of ${choices.join(", ")}, not ${JSON.stringify(value)}.`);
}

/** A positional argument that the usage line makes mandatory. */
export function argument(input: Input, index: number): string {
  const value = input.args[index];
  if (value === undefined) throw new Error(`argument ${index} is missing`);
  return value;
}

/** A call that may load a model before it answers gets more time than an ordinary one, unless --timeout says otherwise. */
export function loadingTimeoutMs(context: Context): number {
  return context.settings.timeoutMs ?? 300_000;
}
