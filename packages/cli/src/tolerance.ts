import { textOption, type Input } from "./context.ts";
import { UsageError } from "./exit-codes.ts";

/** How far a number may be off, where the command says so. */
export function parseTolerance<Name extends "absolute" | "relative">(
  input: Input,
  name: Name,
): { readonly [key in Name]?: number } {
  const text = textOption(input, name);
  if (text === undefined) return {};
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value) || value < 0)
    throw new UsageError(`--${name} ${text}: give a number from 0, such as 1e-6.`);
  return { [name]: value } as { readonly [key in Name]?: number };
}
