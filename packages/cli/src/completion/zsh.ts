import { childrenOf, listOptions, listSteps, type CommandNode, type CommandTree, type OptionNode } from "./tree.ts";
import type { Place } from "./tree.ts";

/** A file `_slipway` for a folder of fpath; works as well when it is sourced after compinit. */
export function zshCompletion(tree: CommandTree): string {
  const options = listOptions(tree);
  const values = options.filter(({ option }) => option.value !== null).flatMap(toPatterns);
  const optionPlaces = options.map(({ at, option }) => toCase(toPatterns({ at, option }), option.value));
  const optionWords = tree.nodes
    .filter((node) => node.options.length > 0)
    .map((node) => `    "${node.path}") found=(${node.options.flatMap(toPairs).join(" ")}) ;;\n`);
  return `#compdef slipway
# Completion of slipway for zsh, written by \`slipway completion zsh\`.
_slipway() {
  local at="" option="" word i=2 count=0
  local -a found
  while (( i < CURRENT )); do
    word="\${words[i]}"
    case "$at:$word" in
    ${values.join("|")})
      (( i += 1 ))
      if (( i == CURRENT )); then option="$word"; fi
      ;;
    ${listSteps(tree)
      .map((step) => `"${step}"`)
      .join("|")})
      if (( count == 0 )); then at="\${at:+$at }$word"; else (( count += 1 )); fi
      ;;
    *:-?*) ;;
    *) (( count += 1 )) ;;
    esac
    (( i += 1 ))
  done
  if [[ -n "$option" ]]; then
    case "$at:$option" in
${optionPlaces.join("")}    esac
    return
  fi
  if [[ "\${words[CURRENT]}" == -* ]]; then
    case "$at" in
${optionWords.join("")}    esac
    found+=(${tree.options.flatMap(toPairs).join(" ")})
    _describe -o option found
    return
  fi
  case "$at:$count" in
${tree.nodes.flatMap((node) => argumentCases(tree, node)).join("")}  esac
}
if [[ "$funcstack[1]" == "_slipway" ]]; then _slipway "$@"; else compdef _slipway slipway; fi
`;
}

function toPatterns({ at, option }: ReturnType<typeof listOptions>[number]): string[] {
  return option.names.map((name) => (at === "*" ? `*:${name}` : `"${at}:${name}"`));
}

function argumentCases(tree: CommandTree, { path, args }: CommandNode): string[] {
  const below = childrenOf(tree.nodes, path);
  if (below.length === 0) return args.map((place, i) => toCase([`"${path}:${i}"`], place));
  const pairs = below.map(({ name, summary }) => quote(`${name}:${summary}`)).join(" ");
  return [`    "${path}:0") found=(${pairs}); _describe command found ;;\n`];
}

function toPairs({ names, meaning }: OptionNode): string[] {
  return names.map((name) => quote(`${name}:${meaning}`));
}

function toCase(patterns: readonly string[], place: Place | null): string {
  if (place === null || place === "text") return "";
  return `    ${patterns.join("|")}) ${toCommand(place)} ;;\n`;
}

function toCommand(place: Exclude<Place, "text">): string {
  if (place === "file") return "_files";
  if (place === "folder") return "_files -/";
  return `found=(${place.join(" ")}); _describe value found`;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
