import { multistream, pino } from "pino";
import type { Logger } from "../../kernel/logger.ts";
import type { LogFile } from "./log-file.ts";

/** Structured logs, one JSON object a line, on stderr (stdout belongs to the ready line) and in the log file. */
export function createLogger(level: string, file: LogFile | null = null): Logger {
  const stderr = pino.destination({ dest: 2, sync: true });
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      messageKey: "message",
      formatters: { level: (label) => ({ level: label }) },
      serializers: { error: pino.stdSerializers.err },
      redact: { paths: ["token", "authorization", "*.token", "*.authorization"], censor: "[redacted]" },
    },
    file
      ? multistream([
          { stream: stderr, level: "trace" },
          { stream: file, level: "trace" },
        ])
      : stderr,
  );
}
