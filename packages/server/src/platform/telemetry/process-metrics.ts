import { monitorEventLoopDelay } from "node:perf_hooks";
import { collectDefaultMetrics, Gauge, Registry } from "prom-client";

/** CPU, memory, file handles, garbage collection and event-loop delay of this process. */
export interface ProcessMetrics {
  render(): Promise<string>;
  stop(): void;
}

export function createProcessMetrics(): ProcessMetrics {
  const register = new Registry();
  collectDefaultMetrics({ register });
  const delay = monitorEventLoopDelay({ resolution: 10 });
  delay.enable();
  new Gauge({
    name: "slipway_event_loop_delay_seconds",
    help: "99th percentile of the event-loop delay since the last scrape",
    registers: [register],
    collect() {
      this.set(delay.percentile(99) / 1e9);
      delay.reset();
    },
  });
  return { render: () => register.metrics(), stop: () => delay.disable() };
}
