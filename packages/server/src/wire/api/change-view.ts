import type { Change } from "../../endpoints/index.ts";

interface ChangeView {
  path: string;
  from?: unknown;
  to?: unknown;
}

/** Below these paths stand the names of a model's outputs and of the owner's own fields, which nobody may spell anew. */
const foreign = ["serve.fallback", "owner"];

/** A change as everything on the wire: `serve.timeoutMs` is `serve.timeout_ms`, in the path and in what it holds. */
export function toChangeView({ path, ...sides }: Change): ChangeView {
  const view = isForeign(path) ? path : toSnakeCase(path);
  return {
    path: view,
    ...Object.fromEntries(Object.entries(sides).map(([side, value]) => [side, toWire(value, path)])),
  };
}

/** The same for the details of a revision in the audit trail. */
export function toWireChanges(details: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { changes } = details;
  return { ...details, ...(Array.isArray(changes) ? { changes: (changes as Change[]).map(toChangeView) } : {}) };
}

function toWire(value: unknown, path: string): unknown {
  if (isForeign(path)) return value;
  if (Array.isArray(value) || typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [toSnakeCase(name), toWire(inner, `${path}.${name}`)]),
  );
}

function isForeign(path: string): boolean {
  return foreign.some((start) => path === start || path.startsWith(`${start}.`));
}

function toSnakeCase(text: string): string {
  return text.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
