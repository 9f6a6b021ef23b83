// What the steps of the demo share.
import { createClient, type Client, type OneAnswer } from "@slipway/sdk";
import type { Flight } from "../features.ts";
import type { Keys } from "./keys.ts";
import { runSlipway, startServer, type DemoServer } from "./processes.ts";
import { clockTime, count, percent, toBar, type Screen } from "./screen.ts";
import { lastSecond, tally } from "./tally.ts";
import { createTraffic, type Answer, type FlightRecord, type Traffic } from "./traffic.ts";
import { createTruth, type Truth } from "./truth.ts";

export const endpointName = "flight-delay";

/** Flights a second: about one simulated hour a second by day. */
export const steadyRate = 800;

interface FlightPrediction {
  readonly late: {
    readonly class: string;
    readonly probabilities: { readonly on_time: number; readonly late: number };
  };
}

type Endpoints = { [endpointName]: { input: FlightRecord; prediction: FlightPrediction } };

export interface Stage {
  readonly screen: Screen;
  readonly keys: Keys;
  readonly client: Client<Endpoints>;
  readonly traffic: Traffic;
  readonly truth: Truth;
  server: DemoServer;
  readonly data: string;
  /** What should not have been; the demo then ends with 1. */
  readonly problems: string[];
  /** Ends the figures of the status line, and the labels. */
  stop(): void;
}

export interface StageOptions {
  readonly screen: Screen;
  readonly keys: Keys;
  readonly data: string;
  readonly flights: readonly Flight[];
  readonly server: DemoServer;
}

const statusEveryMs = 250;

export function createStage({ screen, keys, data, flights, server }: StageOptions): Stage {
  const client = createClient<Endpoints>({ url: server.url });
  const endpoint = client.endpoint(endpointName);
  const traffic = createTraffic({
    flights,
    ask: async (record) => toAnswer(await endpoint.predict(record)),
  });
  const truth = createTruth({ traffic, labels: client.labels, endpoint: endpointName });
  const from = flights[0]?.departed_at ?? 0;
  const to = flights.at(-1)?.departed_at ?? 1;

  function showStatus(): void {
    const recent = traffic.isRunning() ? lastSecond(traffic.questions) : [];
    if (recent.length === 0) return;
    const { answered, expectedLate, p50Ms, byVersion } = tally(recent);
    const at = traffic.simulatedAt();
    screen.status([
      clockTime(at),
      `${count(answered).padStart(3)} flights/s`,
      toBar((at - from) / (to - from), 16),
      `${percent(expectedLate)} late expected`,
      `${count(truth.told())} landed`,
      `p50 ${p50Ms.toFixed(1)} ms`,
      [...byVersion.keys()].map((version) => `v${version}`).join(" and "),
    ]);
  }

  const timer = setInterval(showStatus, statusEveryMs);
  const stop = () => {
    clearInterval(timer);
    truth.stop();
  };
  return { screen, keys, client, traffic, truth, server, data, problems: [], stop };
}

/** @throws Error where it does not stand on record, or was not the model's */
export function toAnswer({ id, version, prediction, logged, fallback }: OneAnswer<FlightPrediction>): Answer {
  if (!logged || fallback !== undefined) throw new Error(`not logged, or answered by a fallback: ${fallback}`);
  return { id, version, late: prediction.late.probabilities.late };
}

/** Shows the command, runs it and shows what it wrote; what it said on stderr comes back. */
export async function slipway(
  { screen, server }: Pick<Stage, "screen" | "server">,
  words: readonly string[],
  options: { readonly exitCode?: number } = {},
): Promise<readonly string[]> {
  screen.command(`slipway ${words.map(toShellWord).join(" ")}`);
  return runSlipway([...words, "--url", server.url], {
    ...options,
    onLine: (line) => screen.raw(line),
    onProgress: (line) => screen.isTerminal && screen.status([line]),
  });
}

function toShellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `"${word.replaceAll('"', '\\"')}"`;
}

/** The same folder and port, so that callers find it again. */
export async function restartServer(stage: Stage): Promise<void> {
  stage.server = await startServer({ data: stage.data, port: Number(new URL(stage.server.url).port) });
}
