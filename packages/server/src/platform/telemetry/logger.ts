import { pino } from "pino";
import type { Logger } from "../../kernel/logger.ts";

/** Structured logs, one JSON object a line, on stderr: stdout belongs to the ready line. */
export function createLogger(level: string): Logger {
  const logger = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { error: pino.stdSerializers.err },
      redact: { paths: ["token", "authorization", "*.token", "*.authorization"], censor: "[redacted]" },
    },
    pino.destination({ dest: 2, sync: true }),
  );
  return logger;
}
