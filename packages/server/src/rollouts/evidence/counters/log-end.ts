import { listInstances, listSegments, type Offset, segmentFile, segmentHeaderBytes } from "@slipway/runtime/log";
import { stat } from "node:fs/promises";
import { join } from "node:path";

/** Behind everything that is on record now. @param growing where the instances are that still write; all others are closed */
export async function findLogEnd(folder: string, growing: () => Promise<readonly Offset[]>): Promise<Offset[]> {
  const ends = [...(await growing())];
  const known = new Set(ends.map(({ instance }) => instance));
  for (const instance of await listInstances(folder)) {
    if (known.has(instance)) continue;
    const segment = (await listSegments(join(folder, instance))).at(-1);
    if (segment === undefined) continue;
    const { size } = await stat(join(folder, instance, segmentFile(segment)));
    ends.push({ instance, segment, byte: Math.max(segmentHeaderBytes, size) });
  }
  return ends;
}
