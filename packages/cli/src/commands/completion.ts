import { bashCompletion } from "../completion/bash.ts";
import { fishCompletion } from "../completion/fish.ts";
import { toTree, type CommandTree } from "../completion/tree.ts";
import { zshCompletion } from "../completion/zsh.ts";
import { argument, type Run } from "../context.ts";

const scripts: Readonly<Record<string, (tree: CommandTree) => string>> = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
};

export const completion: Run = async (context, input) => {
  context.stdout.write(scripts[argument(input, 0)]?.(toTree(context.commandLine)) ?? "");
};
