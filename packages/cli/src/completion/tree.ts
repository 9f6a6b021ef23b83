import type { CommandLine } from "../context.ts";
import { choicesOf, type OptionOutline } from "../specs/outline.ts";

/** What may stand in one place: a file, a folder, one of these words, or something that no shell can know. */
export type Place = "file" | "folder" | "text" | readonly string[];

export interface OptionNode {
  /** "--message", "-m". */
  readonly names: readonly string[];
  /** What follows it; null where nothing does. */
  readonly value: Place | null;
  readonly meaning: string;
}

/** One command, or a word such as `alias` that only has commands below it. */
export interface CommandNode {
  /** "alias set"; empty for `slipway` itself. */
  readonly path: string;
  readonly summary: string;
  readonly options: readonly OptionNode[];
  readonly args: readonly Place[];
}

export interface CommandTree {
  /** In the order of the help, each word above a command before it; the first is `slipway` itself. */
  readonly nodes: readonly CommandNode[];
  /** Options that stand after any command. */
  readonly options: readonly OptionNode[];
}

export function toTree({ commands, options }: CommandLine): CommandTree {
  const nodes = new Map<string, CommandNode>([["", { path: "", summary: "", options: [], args: [] }]]);
  for (const spec of commands) {
    const words = spec.usage.split(" ");
    const names = words.filter((word) => !/^[<[]/.test(word));
    const path = names.join(" ");
    const parent = names.slice(0, -1).join(" ");
    if (!nodes.has(parent)) nodes.set(parent, { path: parent, summary: "", options: [], args: [] });
    const args = words.slice(names.length).map(toPlace);
    nodes.set(path, { path, summary: spec.summary, options: (spec.options ?? []).map(toOption), args });
  }
  const help = toOption(["-h, --help", "help, with an example"]);
  return { nodes: [...nodes.values()], options: [...options.map(toOption), help] };
}

/** The commands one word below `path`. */
export function childrenOf(nodes: readonly CommandNode[], path: string): readonly { name: string; summary: string }[] {
  const depth = path === "" ? 1 : path.split(" ").length + 1;
  return nodes
    .filter((node) => node.path !== "" && node.path.split(" ").length === depth)
    .filter((node) => path === "" || node.path.startsWith(`${path} `))
    .map((node) => ({
      name: node.path.split(" ").at(-1) ?? "",
      summary: node.summary || namesBelow(nodes, node.path),
    }));
}

/** Each option with the command that it belongs to; `*` is every command, at the end. */
export function listOptions({ nodes, options }: CommandTree): readonly { at: string; option: OptionNode }[] {
  const own = nodes.flatMap((node) => node.options.map((option) => ({ at: node.path, option })));
  return [...own, ...options.map((option) => ({ at: "*", option }))];
}

/** What leads to each command: the words so far, a colon, and its own word. */
export function listSteps({ nodes }: CommandTree): readonly string[] {
  return nodes.slice(1).map(({ path }) => {
    const cut = path.lastIndexOf(" ");
    return `${path.slice(0, Math.max(0, cut))}:${path.slice(cut + 1)}`;
  });
}

/** What stands in the places of a command: words below it, or its arguments. */
export function placesOf({ nodes }: CommandTree, { path, args }: CommandNode): readonly Place[] {
  const below = childrenOf(nodes, path).map((child) => child.name);
  return below.length === 0 ? args : [below];
}

function namesBelow(nodes: readonly CommandNode[], path: string): string {
  return childrenOf(nodes, path)
    .map(({ name }) => name)
    .join(", ");
}

function toOption([flags, meaning]: OptionOutline): OptionNode {
  const names = flags.match(/(?<![\w-])--?[A-Za-z][\w-]*/g) ?? [];
  return { names, value: flags.includes("<") ? toPlace(flags) : null, meaning };
}

function toPlace(text: string): Place {
  const choices = choicesOf(text);
  if (choices !== null) return choices;
  const word = /[<[](\w+)[>\]]/.exec(text)?.[1] ?? "";
  if (word === "dir") return "folder";
  return word === "file" || word === "path" ? "file" : "text";
}
