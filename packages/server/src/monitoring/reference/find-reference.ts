import type { Watched } from "../watched.ts";
import type { FindReference, Reference } from "./reference.ts";
import type { ReferenceStore } from "./store.ts";

/** Kept in memory: so many that were asked for last. One of many columns takes megabytes, and versions come and go. */
const mostKept = 50;

/** Reads each once while it is in use. */
export function createFind(store: Pick<ReferenceStore, "find" | "findMark">): FindReference {
  const known = new Map<string, Reference>();
  return async (watched) => {
    const key = keyOf(watched);
    const mark = await store.findMark(watched);
    const there = known.get(key);
    known.delete(key);
    if (mark === null) return null;
    const found = there?.id === mark.id ? there : await store.find(watched);
    if (found === null) return null;
    known.delete(key);
    known.set(key, found);
    for (const oldest of [...known.keys()].slice(0, Math.max(0, known.size - mostKept))) known.delete(oldest);
    return found;
  };
}

export function keyOf({ endpoint, model, version }: Watched): string {
  return `${endpoint}\n${model}\n${version}`;
}
