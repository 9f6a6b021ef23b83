import { parseName, SlipwayError } from "@slipway/contract";

export interface Target {
  readonly model: string;
  /** Null: the version that serves. */
  readonly version: number | null;
}

/** Verbs that others of this protocol know. */
const others: ReadonlySet<string> = new Set(["explain", "classify", "regress"]);

/**
 * `NAME:predict`, or below `/versions/` `VERSION:predict`.
 * @throws SlipwayError `unimplemented` for a verb that is not served here, `not_found` for one that nobody knows
 */
export function parsePredictPath({ model, version }: { model: string; version?: string }): Target {
  const last = version ?? model;
  const colon = last.lastIndexOf(":");
  const verb = colon < 0 ? null : last.slice(colon + 1);
  if (verb === null) throw unknown(`POST needs a verb at the end of the path: ${last}:predict`);
  if (others.has(verb)) throw new SlipwayError("unimplemented", `Models here do not ${verb}; they only predict.`);
  if (verb !== "predict") throw unknown(`There is no verb ${JSON.stringify(verb)}; there is predict`);
  const rest = last.slice(0, colon);
  if (version === undefined) return { model: parseName(rest, "model name"), version: null };
  if (!/^[1-9][0-9]{0,8}$/.test(rest)) throw unknown(`${JSON.stringify(rest)} is not a version; versions are 1, 2, 3`);
  return { model: parseName(model, "model name"), version: Number(rest) };
}

function unknown(why: string): SlipwayError {
  return new SlipwayError("not_found", `${why}.`);
}
