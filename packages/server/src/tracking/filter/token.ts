import { SlipwayError } from "@slipway/contract/errors";

/** What a filter is made of. `at` counts characters from 1. */
export type Token =
  /** `metrics.loss`, `` tags.`a key` ``: a key with the word before its dot. */
  | { readonly kind: "path"; readonly text: string; readonly at: number; readonly prefix: string; readonly key: string }
  | { readonly kind: "word"; readonly text: string; readonly at: number }
  /** In backticks, or in single or double quotes; there is no escape. */
  | { readonly kind: "quoted"; readonly text: string; readonly at: number; readonly value: string }
  | { readonly kind: "number"; readonly text: string; readonly at: number; readonly value: number }
  | { readonly kind: "operator" | "punctuation"; readonly text: string; readonly at: number }
  | { readonly kind: "end"; readonly text: string; readonly at: number };

const space = /\s+/y;
const word = /[\p{L}_][\p{L}\p{M}\p{N}_]*/uy;
const number = /[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?/y;
/** Wider than MLflow's, which wants quotes around `val/loss` and `top-5`. */
const key = /[\p{L}\p{M}\p{N}_.\-/:@]+/uy;
const operator = /[<>=!~]+/y;
const punctuation = /[(),]/y;
/** What may come behind a number. */
const apart = /[\p{L}\p{N}_.]/uy;

/** @throws SlipwayError `invalid_request` */
export function tokenize(text: string): readonly Token[] {
  const tokens: Token[] = [];
  let at = match(space, text, 0)?.length ?? 0;
  while (at < text.length) {
    const token = nextToken(text, at);
    tokens.push(token);
    at += token.text.length;
    at += match(space, text, at)?.length ?? 0;
  }
  return [...tokens, { kind: "end", text: "", at: text.length + 1 }];
}

function nextToken(text: string, at: number): Token {
  const found = readName(text, at) ?? readNumber(text, at);
  if (found) return found;
  const symbols = match(operator, text, at);
  if (symbols !== null) return { kind: "operator", text: symbols, at: at + 1 };
  const mark = match(punctuation, text, at);
  if (mark !== null) return { kind: "punctuation", text: mark, at: at + 1 };
  throw wrongFilter(`${JSON.stringify(String.fromCodePoint(text.codePointAt(at)!))} cannot stand`, at + 1);
}

/** A word, a quoted text, or one of them with a dot and a key behind it. */
function readName(text: string, at: number): Token | null {
  const quoted = readQuoted(text, at);
  const start = quoted?.text ?? match(word, text, at);
  if (start === null) return null;
  const dot = at + start.length;
  const isPath = text[dot] === "." && (quoted === null || start.startsWith("`"));
  if (!isPath) return quoted ? { kind: "quoted", ...quoted, at: at + 1 } : { kind: "word", text: start, at: at + 1 };
  const prefix = quoted?.value ?? start;
  const named = readQuoted(text, dot + 1) ?? plainKey(match(key, text, dot + 1));
  if (named === null) throw wrongFilter(`A key is missing behind ${JSON.stringify(`${start}.`)}`, dot + 2);
  return { kind: "path", text: `${start}.${named.text}`, at: at + 1, prefix, key: named.value };
}

function plainKey(found: string | null) {
  return found === null ? null : { text: found, value: found };
}

function readNumber(text: string, at: number): Token | null {
  const found = match(number, text, at);
  if (found === null) return null;
  if (match(apart, text, at + found.length) !== null)
    throw wrongFilter(`${JSON.stringify(found)} is followed by something that belongs to no number`, at + 1);
  return { kind: "number", text: found, at: at + 1, value: Number(found) };
}

/**
 * As MLflow's parser has it: two quotes in a row, and a backslash with a quote, do not end the text where another quote comes
 * later, and stay in it as they are.
 */
function readQuoted(text: string, at: number): { readonly text: string; readonly value: string } | null {
  const quote = text[at];
  if (quote !== "'" && quote !== '"' && quote !== "`") return null;
  let end = -1;
  for (let i = at + 1; i < text.length; i++) {
    if (text[i] === "\\" && text[i + 1] === quote && quote !== "`") end = ++i;
    else if (text[i] === quote) {
      end = i;
      if (text[i + 1] !== quote || quote === "`") break;
      i++;
    }
  }
  if (end < 0) throw wrongFilter(`A text begins with ${quote} and does not end`, at + 1);
  return { text: text.slice(at, end + 1), value: text.slice(at + 1, end) };
}

function match(pattern: RegExp, text: string, at: number): string | null {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? null;
}

/** The beginning is what MLflow says. */
export function wrongFilter(problem: string, at: number | null): SlipwayError {
  const place = at === null ? "" : ` at character ${at}`;
  return new SlipwayError(
    "invalid_request",
    `Invalid clause(s) in filter string: ${problem}${place}. A filter is made of comparisons such as ` +
      "metrics.loss < 0.1 or tags.`my tag` = 'x', joined by AND, OR, NOT and parentheses.",
    at === null ? {} : { at },
  );
}
