import { SlipwayError } from "@slipway/contract/errors";
import type { NamePart } from "./entity.ts";
import { tokenize, type Token } from "./token.ts";

export interface OrderBy extends NamePart {
  readonly isDescending: boolean;
}

/** `metrics.loss`, `` params.`my key` DESC``, `start_time ASC`. @throws SlipwayError `invalid_request` */
export function parseOrderBy(text: string): OrderBy {
  const tokens = readTokens(text);
  const name = toName(tokens[0]);
  const direction = tokens[1]?.kind === "word" ? tokens[1].text.toUpperCase() : "ASC";
  const isRead = tokens.length === 2 || (tokens.length === 3 && tokens[1]?.kind === "word");
  if (name === null || !isRead || (direction !== "ASC" && direction !== "DESC")) throw wrongOrderBy(text);
  return { ...name, isDescending: direction === "DESC" };
}

function readTokens(text: string): readonly Token[] {
  try {
    return tokenize(text);
  } catch {
    throw wrongOrderBy(text);
  }
}

function toName(token: Token | undefined): NamePart | null {
  if (token?.kind === "path") return { prefix: token.prefix, key: token.key };
  if (token?.kind === "word") return { prefix: null, key: token.text };
  if (token?.kind !== "quoted" || token.text.startsWith("'")) return null;
  // MLflow takes `` `metrics.loss` DESC``, too.
  const [first, ...rest] = token.value.split(".");
  return rest.length === 0 ? { prefix: null, key: token.value } : { prefix: first!, key: rest.join(".") };
}

function wrongOrderBy(text: string): SlipwayError {
  return new SlipwayError(
    "invalid_request",
    `Invalid order_by clause '${text}'. Could not be parsed. Write the name of a field, such as metrics.loss, and ASC or ` +
      "DESC behind it.",
  );
}
