import { SlipwayError } from "@slipway/contract";
import { invalidValue } from "./fields.ts";

/** What is not in the registry, as MLflow says it: its clients and their tests look into the message. */
export async function inMlflowWords<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw SlipwayError.is(error) ? reword(error) : error;
  }
}

function reword(error: SlipwayError): SlipwayError {
  const { code, details } = error;
  const { model, version, alias } = details;
  switch (code) {
    case "model_not_found":
      return new SlipwayError(code, `Registered Model with name=${String(model)} not found`, details);
    case "version_not_found":
      return version === undefined
        ? error
        : new SlipwayError(
            code,
            `Model Version (name=${String(model)}, version=${String(version)}) not found`,
            details,
          );
    case "alias_not_found":
      return new SlipwayError(code, `Registered model alias ${String(alias)} not found.`, details);
    default:
      return error;
  }
}

/** @throws SlipwayError `invalid_request`, `invalid_name` */
export function checkModelName(name: string, field = "name"): string {
  if (name.trim() === "") throw new SlipwayError("invalid_request", `Missing value for required parameter '${field}'.`);
  if (/[/:]/.test(name))
    throw new SlipwayError("invalid_request", `Invalid model name '${name}'. Names cannot contain '/' or ':'.`);
  return name;
}

/** @throws SlipwayError `invalid_request` */
export function parseVersionNumber(text: string): number {
  if (/^\s*[-+]?[0-9]{1,15}\s*$/.test(text)) return Number(text);
  throw new SlipwayError("invalid_request", `Parameter 'version' must be an integer, got '${text}'.`);
}

/** How many a page may have. @throws SlipwayError `invalid_request` */
export function checkLimit(
  given: number | undefined,
  { usual, most }: { readonly usual: number; readonly most: number },
) {
  const limit = given ?? usual;
  if (limit > most)
    throw new SlipwayError(
      "invalid_request",
      invalidValue("max_results", limit, ` It must be at most ${most}, but got value ${limit}`),
    );
  if (limit >= 1) return limit;
  throw new SlipwayError(
    "invalid_request",
    `Invalid value for max_results. It must be a positive integer, but got ${limit}`,
  );
}
