import type { Run } from "../context.ts";
import type { CommandOutline } from "./outline.ts";

/** One command as data, so that --help costs no import of what the command does. */
export interface CommandSpec extends CommandOutline {
  readonly load: () => Promise<Run>;
}

export interface CommandGroup {
  readonly title: string;
  readonly commands: readonly CommandSpec[];
}

export const breakingOption = [
  "--allow-breaking",
  "also where its signature breaks those who call the endpoint now",
] as const;

export const messageOption = ["-m, --message <text>", "why, for the history"] as const;
