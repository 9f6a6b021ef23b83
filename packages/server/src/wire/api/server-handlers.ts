import type { ServerStatus } from "@slipway/contract";
import type { Endpoints } from "../../endpoints/index.ts";
import type { LogFile } from "../../platform/telemetry/index.ts";
import type { PredictionLog } from "../../predictions/index.ts";
import type { Clock } from "../../kernel/clock.ts";
import type { ProcessReport } from "../process-report.ts";
import type { Handlers } from "./register.ts";
import { toEndpointView, toTimestamp } from "./views.ts";

const levels: readonly string[] = ["debug", "info", "warn", "error"];

export interface ServerFacts {
  readonly version: string;
  readonly instance: string;
  readonly data: string;
  readonly startedAt: number;
  url(): string;
}

export function createServerHandlers({
  facts,
  endpoints,
  predictions,
  clock,
  logFile,
  others,
}: {
  facts: ServerFacts;
  endpoints: Endpoints;
  predictions: PredictionLog;
  clock: Clock;
  logFile: LogFile;
  others: (() => Promise<readonly ProcessReport[]>) | null;
}): Pick<Handlers, "getServer" | "listLogs"> {
  return {
    listLogs: async ({ query }) => {
      const { limit, name, level } = query as { limit: number; name?: string; level?: string };
      const least = levels.indexOf(level ?? "debug");
      // What the processes of a model say is also about the endpoint that it serves.
      const model = endpoints.snapshot().routes.get(name ?? "")?.loaded?.version.model;
      const names = new Set<unknown>(model === undefined ? [name] : [name, model]);
      const items = await logFile.tail({
        limit,
        matches: (entry) =>
          (name === undefined || names.has(entry["endpoint"]) || names.has(entry["model"])) &&
          levels.indexOf(String(entry["level"])) >= least,
      });
      return { items };
    },
    getServer: async (): Promise<ServerStatus> => {
      const snapshot = endpoints.snapshot();
      const { items } = await endpoints.list({ limit: 1000, cursor: null });
      let [logged, notLogged] = [0, 0];
      for (const { metrics } of snapshot.routes.values()) {
        logged += metrics.logged;
        notLogged += metrics.notLogged;
      }
      const reports = (await others?.()) ?? [];
      const sum = (of: (report: ProcessReport) => number) => reports.reduce((total, report) => total + of(report), 0);
      logged += sum((report) => report.logged);
      notLogged += sum((report) => report.notLogged);
      return {
        version: facts.version,
        instance: facts.instance,
        url: facts.url(),
        data: facts.data,
        pid: process.pid,
        started_at: toTimestamp(facts.startedAt),
        uptime_ms: clock.now() - facts.startedAt,
        rss_bytes: process.memoryUsage.rss() + sum((report) => report.rssBytes),
        epoch: snapshot.epoch,
        endpoints: await Promise.all(
          items.map(async (item) => {
            const how = { now: clock.now(), behind: await endpoints.findBehind(item) };
            const { name, target, state, state_message, warnings, revision } = toEndpointView(item, snapshot, how);
            return { name, target, state, state_message, warnings, revision };
          }),
        ),
        predictions: {
          answered: logged + notLogged,
          logged,
          not_logged: notLogged,
          log_bytes: predictions.stats().bytes + sum((report) => report.logBytes),
        },
      };
    },
  };
}
