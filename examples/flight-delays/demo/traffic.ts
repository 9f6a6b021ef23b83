// A caller of the endpoint: flights take off in their real order, and each is asked about at its take-off.
import { ConnectionError, SlipwayError } from "@slipway/sdk";
import type { Flight } from "../features.ts";
import { waitUntil } from "./wait.ts";

/** What is known at take-off; when the flight lands and how late is not sent. */
export type FlightRecord = Omit<Flight, "departed_at" | "landed_at" | "late">;

export interface Answer {
  readonly id: string;
  readonly version: number;
  /** The probability of `late`. */
  readonly late: number;
}

/** One question to the server. `lost`: the connection broke, so nobody knows whether it was answered. */
export interface Question {
  readonly flight: Flight;
  state: "under way" | "answered" | "failed" | "lost";
  answer: Answer | undefined;
  error: unknown;
  /** Until the answer was here. */
  ms: number;
  answeredAt: number;
}

export interface Traffic {
  /** Every question so far, in the order in which they were sent. */
  readonly questions: readonly Question[];
  /** The take-off of the last flight that was asked about, ms since 1970. */
  simulatedAt(): number;
  underWay(): number;
  /** How often a question had to be sent once more, the server having been too busy for it. */
  askedAgain(): number;
  isRunning(): boolean;
  /** Flights a second; Infinity sends as fast as answers come. */
  run(flightsPerSecond: number): void;
  /** Sends nothing more and waits for what is under way. */
  pause(): Promise<void>;
}

export interface TrafficOptions {
  readonly flights: readonly Flight[];
  readonly ask: (record: FlightRecord) => Promise<Answer>;
}

const tickMs = 5;
const mostUnderWay = 32;
const lastAnswersMs = 10_000;
const mostAttempts = 4;

export function toRecord(flight: Flight): FlightRecord {
  const { departed_at: _departed, landed_at: _landed, late: _late, ...record } = flight;
  return record;
}

export function createTraffic({ flights, ask }: TrafficOptions): Traffic {
  const questions: Question[] = [];
  let underWay = 0;
  let askedAgain = 0;
  let rate = 0;
  let due = 0;
  let tickedAt = 0;
  let timer: NodeJS.Timeout | undefined;

  /** What any caller does: an error that may pass is no reason to give up. */
  async function askUntilAnswered(record: FlightRecord): Promise<Answer> {
    for (let attempt = 1; ; attempt++)
      try {
        return await ask(record);
      } catch (error) {
        const mayPass = SlipwayError.is(error) && (error.code === "deadline_exceeded" || error.code === "overloaded");
        if (!mayPass || attempt === mostAttempts) throw error;
        askedAgain += 1;
      }
  }

  async function send(flight: Flight): Promise<void> {
    const question: Question = { flight, state: "under way", answer: undefined, error: null, ms: 0, answeredAt: 0 };
    questions.push(question);
    underWay += 1;
    const sentAt = performance.now();
    try {
      question.answer = await askUntilAnswered(toRecord(flight));
      question.state = "answered";
    } catch (error) {
      question.state = ConnectionError.is(error) ? "lost" : "failed";
      question.error = error;
      // A caller that finds nobody there stops asking.
      if (question.state === "lost") halt();
    }
    underWay -= 1;
    question.answeredAt = performance.now();
    question.ms = question.answeredAt - sentAt;
    if (rate === Infinity) fill();
  }

  /** Sends what is due. What 32 questions at once cannot carry is not made up for later. */
  function fill(): void {
    while (due >= 1 && underWay < mostUnderWay && questions.length < flights.length) {
      due -= 1;
      void send(flights[questions.length]!);
    }
    due = rate === Infinity ? Infinity : Math.min(due, mostUnderWay);
  }

  function tick(): void {
    const now = performance.now();
    due += ((now - tickedAt) / 1000) * rate;
    tickedAt = now;
    fill();
  }

  function halt(): void {
    clearInterval(timer);
    timer = undefined;
    rate = 0;
    due = 0;
  }

  return {
    questions,
    simulatedAt: () => (questions.at(-1)?.flight ?? flights[0])?.departed_at ?? 0,
    underWay: () => underWay,
    askedAgain: () => askedAgain,
    isRunning: () => timer !== undefined,
    run: (flightsPerSecond) => {
      halt();
      rate = flightsPerSecond;
      tickedAt = performance.now();
      timer = setInterval(tick, tickMs);
    },
    pause: () => {
      halt();
      return waitUntil(() => underWay === 0, lastAnswersMs);
    },
  };
}
