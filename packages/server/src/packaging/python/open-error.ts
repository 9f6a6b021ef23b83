import { SlipwayError } from "@slipway/contract";

/** Why a model process did not open a file, for the person who deploys it. */
export function toOpenError(
  error: unknown,
  { file, timeMs }: { readonly file: string; readonly timeMs: number | null },
): Error {
  if (!SlipwayError.is(error)) return error as Error;
  if (timeMs !== null)
    return new SlipwayError(
      "invalid_model",
      `${file} was given up after ${timeMs / 1000} s while it was opened. Make loading faster, or raise the time that a probe may take.`,
      { file, limit_ms: timeMs },
    );
  if (error.code !== "not_ready" && error.code !== "model_failed") return error;
  const message = error.message.replace(/ It is being restarted\.$/, "").replace(/\.$/, "");
  return new SlipwayError(
    "invalid_model",
    `${file} cannot be opened: ${message}. The server is unharmed; \`slipway logs\` shows all that the process said.`,
    { ...error.details, file },
  );
}
