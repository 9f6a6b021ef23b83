import type { Labels, ListedLabel } from "../../predictions/index.ts";
import { toPredictionLabelView } from "./label-handlers.ts";

/** What a prediction begins with, whatever its size. */
const beginning = /^\{"id":"([^"/]+)(?:\/(\d+))?","at":"[^"]*","endpoint":("(?:[^"\\]|\\.)*")/;

/**
 * A prediction as JSON bytes, with what came true under `label`: null where nobody has said. Of a request of many rows each
 * has its own, so the request as a whole has none.
 */
export async function withLabel(
  json: Uint8Array,
  { labels, row }: { readonly labels: Labels; readonly row: number | null },
): Promise<Uint8Array> {
  const [, id, place, endpoint] = beginning.exec(Buffer.from(json.subarray(0, 2000)).toString("utf8")) ?? [];
  if (id === undefined || endpoint === undefined) return json;
  const found = await labels.find(JSON.parse(endpoint) as string, id, Number(place ?? row ?? 0)).catch(() => undefined);
  return found === undefined ? json : append(json, found);
}

function append(json: Uint8Array, label: ListedLabel | null): Uint8Array {
  const text = JSON.stringify(label && toPredictionLabelView(label));
  return Buffer.concat([json.subarray(0, json.lastIndexOf(0x7d)), Buffer.from(`,"label":${text}}`)]);
}
