// What the airports report: each flight that has landed becomes a label of its prediction, by the key that was sent with it.
import { ConnectionError, SlipwayError, type LabelsClient } from "@slipway/sdk";
import type { Question, Traffic } from "./traffic.ts";

export interface Truth {
  /** How many landings the server has on record as labels. */
  told(): number;
  /** Tells of everything that has landed by now. */
  tellAll(): Promise<void>;
  stop(): void;
}

export interface TruthOptions {
  readonly traffic: Traffic;
  readonly labels: Pick<LabelsClient, "add">;
  readonly endpoint: string;
}

const everyMs = 500;
const mostAtOnce = 5000;

export function createTruth({ traffic, labels, endpoint }: TruthOptions): Truth {
  let waiting: Question[] = [];
  let seen = 0;
  let told = 0;
  let sending: Promise<void> = Promise.resolve();

  function takeLanded(): Question[] {
    const now = traffic.simulatedAt();
    waiting.push(...traffic.questions.slice(seen));
    seen = traffic.questions.length;
    const landed: Question[] = [];
    const left: Question[] = [];
    for (const question of waiting) {
      const isThere = question.answer !== undefined && question.flight.landed_at <= now && landed.length < mostAtOnce;
      // Nobody asks what became of a flight that got no answer.
      if (isThere) landed.push(question);
      else if (question.state !== "failed" && question.state !== "lost") left.push(question);
    }
    waiting = left;
    return landed;
  }

  async function tell(): Promise<number> {
    const landed = takeLanded();
    if (landed.length === 0) return 0;
    const all = landed.map(({ flight }) => ({
      key: flight.flight_id,
      value: flight.late ? "late" : "on_time",
    }));
    try {
      await labels.add(endpoint, all, { ambiguous: "all", resolve: false });
      told += landed.length;
    } catch (error) {
      // The server is gone for a moment. A label that arrived nevertheless is not stored twice.
      if (!ConnectionError.is(error) && !(SlipwayError.is(error) && error.retryable)) throw error;
      waiting.push(...landed);
    }
    return landed.length;
  }

  const enqueue = (work: () => Promise<unknown>): Promise<void> => {
    const next = sending.then(async () => void (await work()));
    sending = next.catch(() => undefined);
    return next;
  };
  let failure: unknown;
  const timer = setInterval(() => void enqueue(tell).catch((error: unknown) => (failure ??= error)), everyMs);

  return {
    told: () => told,
    tellAll: () =>
      enqueue(async () => {
        if (failure !== undefined) throw failure;
        while ((await tell()) > 0);
      }),
    stop: () => clearInterval(timer),
  };
}
