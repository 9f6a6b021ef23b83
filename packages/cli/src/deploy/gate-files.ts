import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { ManifestJson } from "../manifest.ts";

/** The files that `rollout.gates` names, relative to the folder; of a command those of its words that are files there. */
export async function listGateFiles(manifest: ManifestJson, folder: string): Promise<string[]> {
  const { gates } = toRecord(manifest["rollout"]);
  if (!Array.isArray(gates)) return [];
  const found: string[] = [];
  for (const gate of gates.map(toRecord)) {
    const { offline, slices, behaviour, command } = gate;
    const named = [toRecord(offline)["data"], toRecord(slices)["data"], behaviour];
    found.push(...named.filter((path) => typeof path === "string"));
    for (const word of Array.isArray(command) ? command : [])
      if (typeof word === "string" && (await isFile(join(folder, word)))) found.push(word);
  }
  return found;
}

async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null))?.isFile() === true;
}

function toRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}
