import type { Run } from "../context.ts";

/** One command as data, so that --help costs no import of what the command does. */
export interface CommandSpec {
  /** Words and arguments: "alias set <address> <alias>"; `[x]` is optional. */
  readonly usage: string;
  readonly summary: string;
  /** Flags as they are typed ("-m, --message <text>") and what they mean; a trailing "!" on the flags: mandatory. */
  readonly options?: readonly (readonly [flags: string, meaning: string])[];
  /** More to know than the summary says. */
  readonly about?: string;
  readonly examples: readonly string[];
  /** Takes options that are not listed, and hands them on. */
  readonly open?: boolean;
  readonly load: () => Promise<Run>;
}

export interface CommandGroup {
  readonly title: string;
  readonly commands: readonly CommandSpec[];
}

export const messageOption = ["-m, --message <text>", "why, for the history"] as const;
