import type { ModelVersion } from "@slipway/contract";

type Signature = ModelVersion["signature"];
type InputSpec = Signature["inputs"][number];

/** A record that the signature accepts, to try an endpoint with; its values mean nothing. */
export function sampleRecord(signature: Signature): Record<string, unknown> {
  return Object.fromEntries(signature.inputs.map((spec) => [spec.name, sampleOf(spec, signature.batched)]));
}

function sampleOf(spec: InputSpec, batched: boolean): unknown {
  const value = sampleValue(spec);
  const dims = batched ? spec.shape.slice(1) : spec.shape;
  // One value goes without brackets only where no dimension is free.
  if (dims.every((size) => size === 1)) return value;
  return dims
    .map((size) => Math.max(1, size))
    .reduceRight<unknown>((inner, size) => Array.from({ length: size }, () => inner), value);
}

/** The middle of the range, where there is one. */
function sampleValue({ datatype, range, categories, format }: InputSpec): unknown {
  if (datatype === "BOOL") return false;
  if (datatype === "BYTES") return format === undefined ? (categories?.[0] ?? "text") : "2026-01-01T00:00:00Z";
  if (range === undefined) return 0;
  const [lowest, highest] = range;
  const middle = lowest + (highest - lowest) / 2;
  if (/^U?INT/.test(datatype)) return Math.min(Math.max(Math.floor(middle), Math.ceil(lowest)), Math.floor(highest));
  return roundBetween(middle, range);
}

/** With as few digits as lie in the range: 0.15 and not 0.15000000000000002. */
function roundBetween(value: number, [lowest, highest]: readonly [number, number]): number {
  for (let digits = 1; digits <= 15; digits++) {
    const rounded = Number(value.toPrecision(digits));
    if (Math.abs(rounded - value) <= (highest - lowest) / 1000) return rounded;
  }
  return value;
}

/** Commands to paste into a POSIX shell. The token stands as the variable, never as itself. */
export function toCurl(url: string, record: Record<string, unknown>, withToken: boolean): string {
  const token = withToken ? ` -H "authorization: Bearer $SLIPWAY_TOKEN"` : "";
  return `curl -s '${url}' -H 'content-type: application/json'${token} -d ${quote(record)}`;
}

/** The same through this command line; `url` where it would not find the server by itself. */
export function toPredict(endpoint: string, record: Record<string, unknown>, url: string | undefined): string {
  const where = url === undefined ? "" : ` --url '${url}'`;
  return `slipway predict ${endpoint}${where} --data ${quote(record)}`;
}

function quote(record: Record<string, unknown>): string {
  return `'${JSON.stringify(record).replaceAll("'", "'\\''")}'`;
}
