import { listOptions, listSteps, placesOf, type CommandTree, type Place } from "./tree.ts";

/** For bash 3.2 (macOS) and newer. `$at` is the command so far, `$count` how many arguments it has. */
export function bashCompletion(tree: CommandTree): string {
  const options = listOptions(tree);
  const values = options.filter(({ option }) => option.value !== null).flatMap(toPatterns);
  const optionPlaces = options.map(({ at, option }) => toCase(toPatterns({ at, option }), option.value));
  const optionWords = tree.nodes
    .filter((node) => node.options.length > 0)
    .map((node) => `    "${node.path}") words="${node.options.flatMap((option) => option.names).join(" ")}" ;;\n`);
  const everyWord = tree.options.flatMap((option) => option.names).join(" ");
  const places = tree.nodes.flatMap((node) =>
    placesOf(tree, node).map((place, i) => toCase([`"${node.path}:${i}"`], place)),
  );
  return `# Completion of slipway for bash, written by \`slipway completion bash\`.
_slipway() {
  local current="\${COMP_WORDS[COMP_CWORD]}" at="" option="" words="" count=0 i=1 word
  # "--name=value" comes as three words.
  [[ "$current" == "=" ]] && current=""
  COMPREPLY=()
  while (( i < COMP_CWORD )); do
    word="\${COMP_WORDS[i]}"
    option=""
    case "$at:$word" in
    ${toLines(values)})
      option="$word"
      (( i += 1 ))
      if (( i < COMP_CWORD )) && [[ "\${COMP_WORDS[i]}" == "=" ]]; then (( i += 1 )); fi
      if (( i < COMP_CWORD )); then option=""; fi
      ;;
    ${toLines(listSteps(tree).map((step) => `"${step}"`))})
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
  if [[ "$current" == -* ]]; then
    case "$at" in
${optionWords.join("")}    esac
    COMPREPLY=( $(compgen -W "$words ${everyWord}" -- "$current") )
    return
  fi
  case "$at:$count" in
${places.join("")}  esac
}
_slipway_files() {
  local IFS=$'\\n'
  compopt -o filenames 2>/dev/null
  COMPREPLY=( $(compgen "$1" -- "$2") )
}
complete -F _slipway slipway
`;
}

function toPatterns({ at, option }: ReturnType<typeof listOptions>[number]): string[] {
  return option.names.map((name) => (at === "*" ? `*:${name}` : `"${at}:${name}"`));
}

function toLines(patterns: readonly string[]): string {
  return patterns.join("|\\\n    ");
}

function toCase(patterns: readonly string[], place: Place | null): string {
  if (place === null || place === "text") return "";
  return `    ${patterns.join("|")}) ${toCommand(place)} ;;\n`;
}

function toCommand(place: Exclude<Place, "text">): string {
  if (place === "file") return '_slipway_files -f "$current"';
  if (place === "folder") return '_slipway_files -d "$current"';
  return `COMPREPLY=( $(compgen -W "${place.join(" ")}" -- "$current") )`;
}
