import type { BacktestRequest } from "@slipway/contract";
import type { Endpoints } from "../../endpoints/index.ts";
import type { Monitoring } from "../../monitoring/index.ts";
import type { Registry } from "../../registry/index.ts";
import { requireWatched } from "./monitor-handlers.ts";
import type { Handlers } from "./register.ts";
import { toOperationView } from "./views.ts";

const usualDays = 30;

export function createBacktestHandlers(deps: {
  readonly monitoring: Pick<Monitoring, "backtest">;
  readonly endpoints: Endpoints;
  readonly registry: Registry;
}): Pick<Handlers, "backtestMonitor"> {
  return {
    backtestMonitor: async ({ params, body }) => {
      const { version, days = usualDays, monitor } = body as BacktestRequest;
      const watched = await requireWatched(deps, params["endpoint"] ?? "", version);
      return toOperationView(await deps.monitoring.backtest(watched, { days, section: monitor ?? null }));
    },
  };
}
