import { slipwayVersion as version } from "@slipway/contract";
import { createTracer, type Tracer } from "../platform/telemetry/index.ts";
import type { KeepingGiven } from "./keeping.ts";

/** Null where no collector is named. */
export async function openTracer(
  given: Pick<KeepingGiven, "config" | "clock" | "logger" | "lifecycle"> & { readonly instance: string },
): Promise<Tracer | null> {
  const { config, instance, clock, logger, lifecycle } = given;
  const { otlpEndpoint: endpoint } = config;
  if (endpoint === null) return null;
  const tracer = await createTracer({ version, instance, clock, logger, endpoint });
  lifecycle.onStop("tracer", () => tracer.close());
  return tracer;
}
