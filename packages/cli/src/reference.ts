import { exitCodeTexts } from "./exit-codes.ts";
import { globalOptions, toUsage } from "./root-help.ts";
import { commandGroups, type CommandSpec } from "./specs/index.ts";
import type { OptionOutline } from "./specs/outline.ts";

/** The reference of the whole command line as Markdown, from what `--help` is made of. */
export function renderReference(): string {
  const parts = [
    "<!-- Written by `npm run docs:cli` from packages/cli/src/specs: change it there. -->",
    "# The command line",
    "`NAME[@VERSION|ALIAS]` names a model, one of its versions, or an endpoint. The answer goes to stdout; progress, remarks and\n" +
      "errors go to stderr. `slipway COMMAND --help` shows the same as this page.",
    commandGroups
      .map(({ title, commands }) => `- ${title}: ${commands.map((spec) => toLink(toTitle(spec))).join(", ")}`)
      .join("\n"),
    "## Options of every command",
    toTable(["option", "meaning"], globalOptions.map(toRow)),
    "## Exit codes",
    toTable(
      ["code", "meaning"],
      exitCodeTexts.map(([code, text]) => [String(code), text]),
    ),
    ...commandGroups.flatMap(({ title, commands }) => [`## ${title}`, ...commands.flatMap(renderCommand)]),
  ];
  return `${parts.join("\n\n")}\n`;
}

function renderCommand(spec: CommandSpec): string[] {
  const { summary, about, options = [], examples } = spec;
  return [
    `### slipway ${toTitle(spec)}`,
    `\`slipway ${toUsage(spec.usage)}${options.length > 0 ? " [options]" : ""}\``,
    [`${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`, ...(about?.split("\n") ?? [])].join("\n\n"),
    ...(options.length === 0 ? [] : [toTable(["option", "meaning"], options.map(toRow))]),
    `\`\`\`sh\n${examples.join("\n")}\n\`\`\``,
  ];
}

/** "alias set <address> <alias>" -> "alias set". */
function toTitle({ usage }: CommandSpec): string {
  return usage
    .split(" ")
    .filter((word) => !/^[<[]/.test(word))
    .join(" ");
}

function toLink(title: string): string {
  return `[${title}](#slipway-${title.replaceAll(" ", "-")})`;
}

function toRow([flags, meaning]: OptionOutline): string[] {
  const mandatory = flags.endsWith("!");
  return [`\`${flags.replace(/!$/, "")}\``, mandatory ? `${meaning} (must be given)` : meaning];
}

function toTable(heading: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [heading, heading.map(() => "---"), ...rows];
  return lines.map((cells) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`).join("\n");
}
