import { alternate, type Comparison } from "../../lib/table.ts";
import type { RowResult } from "../bars.ts";
import { give, type LoadFigures, type LoadOrder } from "../orders.ts";
import type { TrackingServer } from "../servers.ts";
import type { Stage } from "../stage.ts";

export interface Row {
  readonly name: string;
  readonly title: string;
  run(stage: Stage): Promise<RowResult>;
}

export type LoadSetting = Pick<LoadOrder, "connections" | "content">;

/** Each peer in its turn, as often as there are repeats. */
export function takeTurns(
  stage: Stage,
  peers: readonly TrackingServer[],
  turn: (server: TrackingServer, repeat: number) => Promise<Readonly<Record<string, number>>>,
): Promise<Comparison> {
  const turns = new Map<TrackingServer, number>();
  const all = peers.map((server) => {
    const run = () => {
      const repeat = turns.get(server) ?? 0;
      turns.set(server, repeat + 1);
      return turn(server, repeat);
    };
    return [server.name, run] as const;
  });
  return alternate(stage.settings.repeats, Object.fromEntries(all));
}

/** A closed loop against a server. @throws Error where a request failed */
export async function loadFigures(
  stage: Stage,
  server: TrackingServer,
  setting: LoadSetting,
): Promise<Readonly<Record<string, number>>> {
  const { seconds } = stage.settings;
  const target = { url: server.url, pids: server.pids() };
  return toFigures(
    await give({ kind: "load", ...target, ...setting, seconds, warmUpSeconds: Math.min(1, seconds / 4) }),
  );
}

function toFigures(report: LoadFigures): Readonly<Record<string, number>> {
  const { perSecond, p50Ms, p99Ms, cpuMs, failed, outcomes, messages } = report;
  if (failed > 0) throw new Error(`${failed} failed: ${JSON.stringify(outcomes)} ${messages.join(" | ")}`);
  return { "requests/s": perSecond, "p50 ms": p50Ms, "p99 ms": p99Ms, "CPU ms a request": cpuMs };
}

/** The same for all in turn; the request may be another one on each server. */
export function compareLoad(
  stage: Stage,
  peers: readonly TrackingServer[],
  toSetting: (server: TrackingServer, repeat: number) => LoadSetting | Promise<LoadSetting>,
): Promise<Comparison> {
  return takeTurns(stage, peers, async (server, repeat) => loadFigures(stage, server, await toSetting(server, repeat)));
}
