import { SlipwayError } from "@slipway/contract";
import { findMissingLibrary } from "../../environments/index.ts";

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
  if (error.code !== "not_ready" && error.code !== "model_failed") return withPackage(error);
  const message = error.message.replace(/ It is being restarted\.$/, "").replace(/\.$/, "");
  const said = `${file} cannot be opened: ${message}. The server is unharmed; \`slipway logs\` shows all that the process said.`;
  return withPackage(new SlipwayError("invalid_model", said, { ...error.details, file }));
}

/** With the Debian package of the system library that is missing, where one is. */
function withPackage(error: SlipwayError): SlipwayError {
  const { library } = error.details;
  const text = typeof library === "string" ? `${library}: cannot open shared object file` : error.message;
  const missing = findMissingLibrary(text);
  if (missing === null || error.message.includes(missing.debianPackage ?? "apt-file")) return error;
  return new SlipwayError(error.code, `${error.message} ${missing.advice}`, {
    ...error.details,
    library: missing.library,
    debian_package: missing.debianPackage,
  });
}
