/** What Prometheus said: a number, or nothing, which is no number either. @throws Error where it is none of these */
export function readAnswer(status: number, body: string): number | null {
  const answer = parse(body);
  if (answer?.status !== "success")
    throw new Error(
      answer?.error === undefined
        ? `Prometheus answered ${status}: ${body.slice(0, 200)}`
        : `Prometheus says: ${answer.error}`,
    );
  const { resultType, result } = answer.data ?? {};
  if (resultType === "scalar") return toNumber(result);
  if (resultType !== "vector" || !Array.isArray(result))
    throw new Error(
      `The query gives a ${resultType ?? "result of no type"}. It must give one number: a scalar, or a vector with one element.`,
    );
  if (result.length > 1)
    throw new Error(`The query gives ${result.length} series. It must give one number: sum them, or choose one.`);
  const [first] = result as readonly { readonly value?: unknown }[];
  return first === undefined ? null : toNumber(first.value);
}

interface Answer {
  readonly status?: string;
  readonly error?: string;
  readonly data?: { readonly resultType?: string; readonly result?: unknown };
}

function parse(body: string): Answer | null {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === "object" ? value : null;
  } catch {
    return null;
  }
}

/** `[time, "value"]`; 0 divided by 0 is nothing. */
function toNumber(sample: unknown): number | null {
  const text: unknown = Array.isArray(sample) ? sample[1] : undefined;
  if (typeof text !== "string") throw new Error("The answer of Prometheus has no value.");
  if (text === "NaN") return null;
  return text === "+Inf" ? Number.MAX_VALUE : text === "-Inf" ? -Number.MAX_VALUE : Number(text);
}
