import { childrenOf, listOptions, listSteps, type CommandNode, type CommandTree, type OptionNode } from "./tree.ts";
import type { Place } from "./tree.ts";

/** For fish 3 and newer. */
export function fishCompletion(tree: CommandTree): string {
  const values = listOptions(tree)
    .filter(({ option }) => option.value !== null)
    .flatMap(({ at, option }) => option.names.map((name) => `'${at}:${name}'`));
  const steps = listSteps(tree).map((step) => `'${step}'`);
  return `# Completion of slipway for fish, written by \`slipway completion fish\`.
# The command that the words before the cursor make, and how many arguments it has: "alias set:1".
function __slipway_place
    set -l at
    set -l count 0
    set -l skip 0
    for word in (commandline -opc)[2..-1]
        if test $skip = 1
            set skip 0
            continue
        end
        switch "$at:$word"
            case ${values.join(" ")}
                set skip 1
            case ${steps.join(" ")}
                if test $count = 0
                    set at (string trim "$at $word")
                else
                    set count (math $count + 1)
                end
            case '*:-?*'
            case '*'
                set count (math $count + 1)
        end
    end
    echo "$at:$count"
end
function __slipway_at
    test (__slipway_place) = $argv[1]
end
function __slipway_in
    string match -q -- "$argv[1]:*" (__slipway_place)
end
complete -c slipway -f
${tree.options.map((option) => optionLine(option, null)).join("")}${tree.nodes.flatMap((node) => nodeLines(tree, node)).join("")}`;
}

function nodeLines(tree: CommandTree, { path, options, args }: CommandNode): string[] {
  const below = childrenOf(tree.nodes, path).map(
    ({ name, summary }) =>
      `complete -c slipway -n ${quote(`__slipway_at '${path}:0'`)} -a ${name} -d ${quote(summary)}\n`,
  );
  const places = below.length > 0 ? [] : args;
  return [
    ...below,
    ...places.flatMap((place, i) => {
      const what = place === "text" ? null : toArguments(place);
      return what === null ? [] : [`complete -c slipway -n ${quote(`__slipway_at '${path}:${i}'`)} ${what}\n`];
    }),
    ...options.map((option) => optionLine(option, path)),
  ];
}

function optionLine({ names, value, meaning }: OptionNode, path: string | null): string {
  const where = path === null ? "" : ` -n ${quote(`__slipway_in '${path}'`)}`;
  const flags = names.map((name) => (name.startsWith("--") ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`)).join(" ");
  const what = value === null ? "" : value === "text" ? " -x" : ` -r ${toArguments(value)}`;
  return `complete -c slipway${where} ${flags}${what} -d ${quote(meaning)}\n`;
}

function toArguments(place: Exclude<Place, "text">): string {
  if (place === "file") return "-F";
  if (place === "folder") return "-f -a '(__fish_complete_directories)'";
  return `-f -a ${quote(place.join(" "))}`;
}

function quote(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
