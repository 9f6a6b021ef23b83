import { join } from "node:path";
import type { Config } from "../config/index.ts";

/** Of the prediction log, the same in each process that writes an instance of it. */
export function toLogSettings(config: Config, folder: string) {
  return { folder: join(folder, "log"), segmentBytes: config.logSegment, reserveBytes: config.logReserve };
}
