import type { LabelReport, NewLabel, PredictAnswer } from "@slipway/contract";
import { SlipwayError } from "@slipway/contract/errors";
import { createLabels, type LabelOptions } from "./labels.ts";
import type { CallOptions, Transport } from "./transport.ts";

/** What one endpoint takes and gives; `slipway types NAME` writes it. */
export interface EndpointTypes {
  readonly input: object;
  readonly prediction: object;
}

/** What an endpoint without written types takes and gives. */
export interface UntypedEndpoint {
  readonly input: Record<string, unknown>;
  readonly prediction: Record<string, unknown>;
}

interface Answer {
  /** The id on record; row i of a list is `id/i`. */
  readonly id: string;
  readonly endpoint: string;
  readonly model: string;
  readonly version: number;
  /** What answered instead of the model, and why; absent where the model answered. */
  readonly fallback?: string;
  /** False where the server could not put this answer on record. */
  readonly logged: boolean;
}

export interface OneAnswer<P> extends Answer {
  readonly prediction: P;
}

export interface ManyAnswer<P> extends Answer {
  /** In the order of the records. */
  readonly predictions: readonly P[];
}

export interface PredictOptions extends Omit<CallOptions, "timeoutMs"> {
  /** The caller's own key, to find this prediction by; printable ASCII. */
  readonly key?: string | undefined;
  /** Deadline for the server, which answers with the fallback or `deadline_exceeded` when it passes. */
  readonly timeoutMs?: number | undefined;
}

export interface EndpointClient<I, P> {
  readonly name: string;
  /**
   * Predicts one record, or a list of records in one request. Never repeated by itself: a prediction that was sent
   * may be on record even where its answer was lost.
   * @throws SlipwayError `invalid_input` and others; ConnectionError
   */
  predict(record: I, options?: PredictOptions): Promise<OneAnswer<P>>;
  predict(records: readonly I[], options?: PredictOptions): Promise<ManyAnswer<P>>;
  /** Says what came true for predictions of this endpoint, by their ids or by the caller's keys. */
  label(labels: NewLabel | readonly NewLabel[], options?: LabelOptions): Promise<LabelReport>;
}

/** How long after the server's deadline this side still waits for the answer that tells of it. */
const graceMs = 2000;

export function createEndpoint<I, P>(transport: Transport, name: string, pin?: number | string): EndpointClient<I, P> {
  const address = encodeURIComponent(name) + (pin === undefined ? "" : `@${encodeURIComponent(pin)}`);

  async function predict(
    input: I | readonly I[],
    { key, timeoutMs, ...options }: PredictOptions = {},
  ): Promise<OneAnswer<P> & ManyAnswer<P>> {
    const headers: Record<string, string> = {};
    if (key !== undefined) headers["x-slipway-key"] = requireHeaderText(key);
    if (timeoutMs !== undefined) headers["x-slipway-timeout-ms"] = String(Math.ceil(timeoutMs));
    const { value, headers: answered } = await transport.exchange<PredictAnswer>({
      method: "POST",
      path: `/api/v1/endpoints/${address}/predict`,
      json: input,
      headers,
      timeoutMs: timeoutMs === undefined ? undefined : timeoutMs + graceMs,
      ...options,
    });
    const logged = answered.get("x-slipway-logged") !== "false";
    return { ...value, logged } as unknown as OneAnswer<P> & ManyAnswer<P>;
  }
  const labels = createLabels(transport);
  return { name, predict, label: (given, options) => labels.add(name, given, options) };
}

function requireHeaderText(key: string): string {
  if (!/^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/.test(key))
    throw new SlipwayError(
      "invalid_request",
      "This key cannot be sent beside a request: only printable ASCII can. Put it into the record's field that `log.key` names.",
      { key },
    );
  return key;
}
