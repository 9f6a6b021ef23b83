// What the steps of the demo share.
import { createClient, type Client } from "@slipway/sdk";
import type { Flight } from "../features.ts";
import type { Keys } from "./keys.ts";
import { runSlipway, startServer, type DemoServer } from "./processes.ts";
import { clockTime, count, percent, toBar, type Screen } from "./screen.ts";
import { lastSecond, tally } from "./tally.ts";
import { createTraffic, type FlightRecord, type Traffic } from "./traffic.ts";

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
  server: DemoServer;
  readonly data: string;
  /** What should not have been; the demo then ends with 1. */
  readonly problems: string[];
  /** Closes the figures of the status line. */
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
    ask: async (record) => {
      const { id, version, prediction, logged, fallback } = await endpoint.predict(record);
      if (!logged || fallback !== undefined) throw new Error(`not logged, or answered by a fallback: ${fallback}`);
      return { id, version, late: prediction.late.probabilities.late };
    },
  });
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
      `p50 ${p50Ms.toFixed(1)} ms`,
      [...byVersion.keys()].map((version) => `v${version}`).join(" and "),
    ]);
  }

  const timer = setInterval(showStatus, statusEveryMs);
  return { screen, keys, client, traffic, server, data, problems: [], stop: () => clearInterval(timer) };
}

/** Shows the command, runs it and shows what it wrote. */
export async function slipway({ screen, server }: Pick<Stage, "screen" | "server">, words: readonly string[]) {
  screen.command(`slipway ${words.join(" ")}`);
  await runSlipway([...words, "--url", server.url], {
    onLine: (line) => screen.raw(line),
    onProgress: (line) => screen.isTerminal && screen.status([line]),
  });
}

/** The same folder and port, so that callers find it again. */
export async function restartServer(stage: Stage): Promise<void> {
  stage.server = await startServer({ data: stage.data, port: Number(new URL(stage.server.url).port) });
}
