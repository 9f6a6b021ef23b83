import { Argument, Command, InvalidArgumentError, Option } from "commander";
import type { Input } from "./context.ts";
import { globalOptions, rootHelp } from "./root-help.ts";
import { commandSpecs, type CommandSpec } from "./specs/index.ts";
import { choicesOf } from "./specs/outline.ts";

type Program = Command["commands"][number];
type Options = Readonly<Record<string, string | boolean | undefined>>;

export interface ProgramHooks {
  /** Called with the one command that the arguments name. */
  readonly run: (spec: CommandSpec, input: Input, globals: Options) => Promise<void>;
  readonly writeOut: (text: string) => void;
  readonly version: string;
}

/** The parser of the whole command line; wrong usage throws commander's error instead of ending the process. */
export function createProgram(hooks: ProgramHooks): Program {
  const program: Program = new Command("slipway");
  program
    .exitOverride()
    .configureOutput({ writeOut: hooks.writeOut, writeErr: () => undefined })
    .version(hooks.version)
    .usage("COMMAND [options]");
  for (const [flags, meaning] of globalOptions) program.option(flags, meaning);
  program.helpInformation = rootHelp;
  for (const spec of commandSpecs) addCommand(program, spec, hooks);
  return program;
}

function addCommand(program: Program, spec: CommandSpec, hooks: ProgramHooks): void {
  const words = spec.usage.split(" ");
  const count = words.findIndex((word) => /^[<[]/.test(word));
  const names = words.slice(0, count < 0 ? words.length : count);
  const args = words.slice(names.length);
  let parent: Program = program;
  for (const name of names.slice(0, -1)) parent = requireGroup(parent, name);
  const command = parent.command(names.at(-1) ?? "");
  for (const arg of args) command.addArgument(toArgument(arg));
  command.description(spec.about === undefined ? sentence(spec.summary) : `${sentence(spec.summary)}\n${spec.about}`);
  for (const [flags, meaning] of spec.options ?? []) command.addOption(toOption(flags, meaning));
  command.allowExcessArguments(spec.open === true);
  if (spec.open === true) command.allowUnknownOption();
  const examples = spec.examples.map((line) => `  ${line}`).join("\n");
  command.addHelpText(
    "after",
    `\nOptions of every command are in \`slipway --help\`.\n\nExample${spec.examples.length > 1 ? "s" : ""}:\n${examples}`,
  );
  command.action(async () => {
    const given = args.map((_, i) => command.args[i]);
    const input = { args: given, options: command.opts(), rest: command.args.slice(args.length) };
    await hooks.run(spec, input, program.opts());
  });
}

function toArgument(text: string): Argument {
  const argument = new Argument(text);
  const choices = choicesOf(text);
  return choices === null ? argument : argument.argParser((value: string) => requireChoice(value, choices));
}

function toOption(flags: string, meaning: string): Option {
  const option = new Option(flags.replace(/!$/, ""), meaning).makeOptionMandatory(flags.endsWith("!"));
  const choices = choicesOf(flags);
  return choices === null ? option : option.argParser((value: string) => requireChoice(value, choices));
}

function requireChoice(value: string, choices: readonly string[]): string {
  if (choices.includes(value)) return value;
  throw new InvalidArgumentError(`Give one of ${choices.join(", ")}.`);
}

function sentence(summary: string): string {
  return `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`;
}

/** The command that others hang below, made at the first of them. */
function requireGroup(parent: Program, name: string): Program {
  const found = parent.commands.find((command) => command.name() === name);
  return found ?? parent.command(name);
}
