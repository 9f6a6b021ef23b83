// Compares what callers were answered with what is on record.
import type { Client } from "@slipway/sdk";
import type { Question } from "./traffic.ts";

export interface RecordCheck {
  /** Questions that got an answer. */
  readonly answered: number;
  /** Those that stand in the record exactly once, with the same version, key and probability. */
  readonly onRecord: number;
  /** Predictions on record, errors aside, that nobody got: made, but their answer was lost with the server. */
  readonly neverAnswered: number;
}

interface Entry {
  readonly times: number;
  readonly version: number;
  readonly key: string | null;
  readonly late: number | undefined;
}

export async function checkRecord(
  predictions: Client["predictions"],
  endpoint: string,
  questions: readonly Question[],
): Promise<RecordCheck> {
  const found = new Map<string, Entry>();
  for await (const { id, version, key, outputs, status } of predictions.all(endpoint, { limit: 1000 })) {
    if (status !== "ok" || version === null) continue;
    // The output as the model gave it: the probabilities of on_time and late.
    const late = (outputs.late as readonly number[] | undefined)?.[1];
    found.set(id, { times: (found.get(id)?.times ?? 0) + 1, version, key, late });
  }
  let answered = 0;
  let onRecord = 0;
  for (const { answer, flight } of questions) {
    if (answer === undefined) continue;
    answered += 1;
    const record = found.get(answer.id);
    found.delete(answer.id);
    if (record?.times !== 1) continue;
    const { version, key, late } = record;
    if (version === answer.version && key === flight.flight_id && late === answer.late) onRecord += 1;
  }
  return { answered, onRecord, neverAnswered: found.size };
}
