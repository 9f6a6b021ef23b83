import { exitCodeTexts } from "./exit-codes.ts";
import { commandGroups } from "./specs/index.ts";
import type { OptionOutline } from "./specs/outline.ts";

/** Options of every command: flags and meaning. */
export const globalOptions: readonly OptionOutline[] = [
  ["--url <url>", "the server's address (SLIPWAY_URL; default: http://127.0.0.1:8080)"],
  ["--token <token>", "token of access (better: SLIPWAY_TOKEN, which no process list shows)"],
  ["-o, --output <table|json|csv>", "form of the answer (default: table)"],
  ["--json", "the same as -o json; errors then are JSON too"],
  ["--yes", "do not ask before something is destroyed"],
  ["--timeout <seconds>", "how long to wait for the server"],
  ["-q, --quiet", "only the answer: no progress, no remarks"],
];

export function rootHelp(): string {
  const lines = [
    "Usage: slipway COMMAND [options]",
    "",
    "Takes a trained model to production and keeps it healthy there.",
    "NAME[@VERSION|ALIAS] names a model, one of its versions, or an endpoint.",
  ];
  for (const group of commandGroups)
    lines.push(
      "",
      `${group.title}:`,
      ...toRows(group.commands.map((spec) => [toUsage(spec.usage), spec.summary] as const)),
    );
  const codes = exitCodeTexts.map(([code, text]) => [String(code), text] as const);
  const options = [
    ...globalOptions,
    ["-h, --help", "help; `slipway COMMAND --help` has more, with an example"] as const,
    ["-V, --version", "the version of this command line"] as const,
  ];
  lines.push("", "Options of every command:", ...toRows(options));
  lines.push("", "Exit codes:", ...toRows(codes));
  lines.push("", "Examples:");
  lines.push("  slipway up");
  lines.push("  slipway deploy model.onnx --name flight-delay");
  lines.push(`  slipway predict flight-delay --data '{"hour": 8}'`);
  return `${lines.join("\n")}\n`;
}

/** "show <address>" -> "show ADDRESS". */
export function toUsage(usage: string): string {
  return usage
    .replaceAll("<address>", "NAME[@V]")
    .replace("diff <from> <to>", "diff NAME@V NAME@V")
    .replace(/[<[]([\w|]+)[>\]]/g, (text, word: string) => {
      const shown = word.includes("|") ? word : word.toUpperCase();
      return text.startsWith("[") ? `[${shown}]` : shown;
    });
}

function toRows(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
}
