import { type InferenceRecord, type Tensor, fromHalfBits, isMissingText, shortestFloat32 } from "@slipway/runtime/log";

/** Longer values are cut in lists. */
const cutOver = 1000;

export interface RenderOptions {
  /** Which row; null is the whole request, with arrays over its rows where it has many. */
  readonly row: number | null;
  /** Leave the middle of long values out. */
  readonly cut: boolean;
}

/** What a person or a program sees of one prediction: JSON-safe, in the names of the API. */
export function renderPrediction(record: InferenceRecord, { row, cut }: RenderOptions): Record<string, unknown> {
  const many = record.rows > 1;
  const index = row ?? (many ? null : 0);
  const erased = new Set(index === null ? record.erasedRows : []);
  const values = (tensors: readonly Tensor[]) => {
    const shown = tensors.filter((tensor) => !record.redacted?.includes(tensor.name));
    return Object.fromEntries(
      shown.map((tensor) => [tensor.name, renderValue(tensor, { rows: record.rows, index, cut, erased })]),
    );
  };
  return {
    id: many && row !== null ? `${record.id}/${row}` : record.id,
    at: new Date(record.at / 1000).toISOString(),
    endpoint: record.endpoint,
    revision: record.revision,
    model: record.model,
    version: record.version,
    pinned: record.pinned,
    face: record.face,
    status: record.status,
    key: index === null ? null : (record.keys?.[index] ?? null),
    ...(index === null && record.keys ? { keys: record.keys } : {}),
    rows: record.rows,
    row: index,
    inputs: values(record.inputs),
    outputs: values(record.outputs),
    error: record.error ?? null,
    fallback: record.fallback ?? null,
    durations_us: record.durations,
    batch_rows: record.batchRows,
    trace_id: record.trace?.traceId ?? null,
    request_id: record.requestId ?? null,
    extra: (index === null ? record.extra : record.extra?.[index]) ?? null,
    digest: record.digest,
    instance: record.instance,
    redacted: record.redacted ?? [],
    ...(erased.size > 0 ? { erased_rows: [...erased] } : {}),
    ...(record.arm === undefined ? {} : { arm: record.arm, propensity: record.propensity ?? null }),
    ...(record.rule === undefined ? {} : { rule: record.rule }),
    ...(record.bucket === undefined ? {} : { bucket: record.bucket }),
    ...(record.shadowOf === undefined ? {} : { shadow_of: record.shadowOf.id }),
    user: record.user ?? null,
    ...(record.rawBody && !cut ? { raw_body: renderRawBody(record.rawBody) } : {}),
  };
}

/** What another version said to the same request, for nobody. */
export function renderShadow(record: InferenceRecord, row: number | null): Record<string, unknown> {
  const { id, model, version, status, outputs, error, durations_us, digest } = renderPrediction(record, {
    row,
    cut: false,
  });
  return { id, model, version, status, outputs, error, durations_us, digest };
}

function renderRawBody(body: NonNullable<InferenceRecord["rawBody"]>): Record<string, unknown> {
  const text = Buffer.from(body.bytes.buffer, body.bytes.byteOffset, body.bytes.length).toString("utf8");
  return { content_type: body.contentType, bytes: body.length, text };
}

interface ValueContext {
  /** Of the request. */
  readonly rows: number;
  readonly index: number | null;
  readonly cut: boolean;
  /** Rows of which nothing is left: they are null, not what stands in their place. */
  readonly erased?: ReadonlySet<number>;
}

function renderValue(tensor: Tensor, { rows, index, cut, erased }: ValueContext): unknown {
  const byRow = index !== null && tensor.shape[0] === rows && rows > 0;
  const shape = byRow ? tensor.shape.slice(1) : tensor.shape;
  const count = shape.reduce((product, dim) => product * dim, 1);
  const from = byRow ? index * count : 0;
  if (cut && count > cutOver) {
    const first = Array.from({ length: 10 }, (_, i) => renderElement(tensor, from + i));
    const note = `${count} values are too many for a list; "predictions show" with the id tells them all.`;
    return { cut: true, note, datatype: tensor.datatype, shape, first };
  }
  // One value a row is a value, whether its column has the shape [N] or [N, 1].
  if (index !== null && count === 1) return renderElement(tensor, from);
  const nested = nest(tensor, shape, from);
  if (erased === undefined || erased.size === 0 || !Array.isArray(nested) || shape[0] !== rows) return nested;
  return nested.map((value: unknown, row) => (erased.has(row) ? null : value));
}

function nest(tensor: Tensor, shape: readonly number[], from: number): unknown {
  const [length, ...inner] = shape;
  if (length === undefined) return renderElement(tensor, from);
  const width = inner.reduce((product, dim) => product * dim, 1);
  return Array.from({ length }, (_, i) => nest(tensor, inner, from + i * width));
}

/** NaN, which is how a missing value is passed, is null; infinities and integers beyond 2^53 are strings. */
function renderElement({ datatype, data }: Tensor, at: number): unknown {
  const value = data[at];
  if (value === undefined) return null;
  if (typeof value === "string") return value;
  if (isMissingText(value)) return null;
  if (typeof value === "object") return { b64: Buffer.from(value).toString("base64") };
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (datatype === "BOOL") return value === 1;
  if (datatype === "FP16") return finite(fromHalfBits(value));
  return finite(datatype === "FP32" ? shortestFloat32(value) : value);
}

function finite(value: number): number | string | null {
  if (Number.isFinite(value)) return value;
  return Number.isNaN(value) ? null : String(value);
}

/** One row of a request's tensors as a caller would send them, by name and uncut. */
export function renderRow(
  tensors: readonly Tensor[],
  { rows, row }: { readonly rows: number; readonly row: number },
): Record<string, unknown> {
  return Object.fromEntries(
    tensors.map((tensor) => [tensor.name, renderValue(tensor, { rows, index: row, cut: false })]),
  );
}
