import type { ModelVersion } from "@slipway/contract";

type Signature = ModelVersion["signature"];
type InputSpec = Signature["inputs"][number];

/** A record that the signature accepts, to try an endpoint with; its values mean nothing. */
export function sampleRecord(signature: Signature): Record<string, unknown> {
  return Object.fromEntries(signature.inputs.map((spec) => [spec.name, sampleOf(spec, signature.batched)]));
}

function sampleOf(spec: InputSpec, batched: boolean): unknown {
  const value = sampleValue(spec);
  const dims = (batched ? spec.shape.slice(1) : spec.shape).map((size) => Math.max(1, size));
  if (dims.every((size) => size === 1)) return value;
  return dims.reduceRight<unknown>((inner, size) => Array.from({ length: size }, () => inner), value);
}

function sampleValue({ datatype, range }: InputSpec): unknown {
  if (datatype === "BOOL") return false;
  if (datatype === "BYTES") return "text";
  if (range === undefined) return 0;
  const isWhole = /^U?INT/.test(datatype);
  return isWhole ? Math.ceil(range[0]) : range[0];
}

/** A command to paste into a POSIX shell. The token stands as the variable, never as itself. */
export function toCurl(url: string, record: Record<string, unknown>, withToken: boolean): string {
  const body = JSON.stringify(record).replaceAll("'", "'\\''");
  const token = withToken ? ` -H "authorization: Bearer $SLIPWAY_TOKEN"` : "";
  return `curl -s '${url}' -H 'content-type: application/json'${token} -d '${body}'`;
}
