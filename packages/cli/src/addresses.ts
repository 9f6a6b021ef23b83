import { parseAddress, parseModelName, type Address } from "@slipway/contract/address";
import type { Context } from "./context.ts";
import { UsageError } from "./exit-codes.ts";

function asUsage<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

/** `NAME[@VERSION|ALIAS]`. @throws UsageError */
export function requireAddress(text: string): Address {
  return asUsage(() => parseAddress(text));
}

/** `NAME` alone. @throws UsageError */
export function requireName(text: string): string {
  if (!text.includes("@")) return asUsage(() => parseModelName(text));
  const { name } = requireAddress(text);
  throw new UsageError(`This is about ${name} as a whole: leave out ${text.slice(name.length)}.`);
}

/** `NAME@VERSION` or `NAME@ALIAS`, the tail as it was written. @throws UsageError */
export function requireVersionAddress(text: string): { name: string; version: number | string } {
  const { name, version, alias } = requireAddress(text);
  const found = version ?? alias;
  if (found === undefined) throw new UsageError(`Say which version of ${name}: ${name}@1, or ${name}@champion.`);
  return { name, version: found };
}

/** The number behind a version or an alias; asks the server only for an alias. */
export async function resolveVersion(context: Context, model: string, version: number | string): Promise<number> {
  if (typeof version === "number") return version;
  return (await context.client().versions.get(model, version)).version;
}
