import type { Comparison, Filter, FilterValue, Operator } from "./filter.ts";
import { operators } from "./filter.ts";
import { tokenize, wrongFilter, type Token } from "./token.ts";

/** More would be refused by the database, and with a less helpful message. */
const maxComparisons = 1000;
const maxListed = 10_000;
const maxDepth = 100;

/**
 * MLflow's grammar, and beyond it OR, NOT and parentheses; NOT binds closest, then AND. Like MLflow's parser it overlooks an AND
 * too many or too few. Null where the text says nothing: everything is wanted.
 * @throws SlipwayError `invalid_request` that says where
 */
export function parseFilter(text: string | null): Filter | null {
  if (text === null) return null;
  const parser = new Parser(tokenize(text));
  return parser.parse();
}

class Parser {
  readonly #tokens: readonly Token[];
  #next = 0;
  #comparisons = 0;
  #listed = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  parse(): Filter | null {
    if (this.#tokens.every((token) => token.kind === "end" || isWord(token, "AND"))) return null;
    const filter = this.#or(0);
    if (this.#token.kind !== "end") throw this.#unexpected("the end of the filter");
    return filter;
  }

  get #token(): Token {
    return this.#tokens[this.#next]!;
  }

  #or(depth: number): Filter {
    if (depth > maxDepth) throw wrongFilter(`parentheses are nested more than ${maxDepth} deep`, this.#token.at);
    const choices = [this.#and(depth)];
    while (this.#takeWord("OR")) choices.push(this.#and(depth));
    return choices.length === 1 ? choices[0]! : { kind: "or", of: choices };
  }

  #and(depth: number): Filter {
    const parts: Filter[] = [];
    for (;;) {
      while (this.#takeWord("AND"));
      const isOver = this.#token.kind === "end" || isWord(this.#token, "OR") || this.#token.text === ")";
      if (isOver && parts.length > 0) return parts.length === 1 ? parts[0]! : { kind: "and", of: parts };
      parts.push(this.#term(depth));
    }
  }

  #term(depth: number): Filter {
    let isNegated = false;
    while (this.#takeWord("NOT")) isNegated = !isNegated;
    const term = this.#takeMark("(") ? this.#parenthesis(depth) : this.#comparison();
    return isNegated ? { kind: "not", of: term } : term;
  }

  #parenthesis(depth: number): Filter {
    const inner = this.#or(depth + 1);
    if (!this.#takeMark(")")) throw this.#unexpected("AND, OR or a closing parenthesis");
    return inner;
  }

  #comparison(): Comparison {
    if (++this.#comparisons > maxComparisons)
      throw wrongFilter(`there are more than ${maxComparisons} comparisons`, this.#token.at);
    const name = this.#token;
    if (!isName(name)) throw this.#unexpected("the name of what is compared");
    this.#next++;
    const operator = this.#operator();
    const value = this.#value(operator);
    const [prefix, key] =
      name.kind === "path" ? [name.prefix, name.key] : [null, name.kind === "quoted" ? name.value : name.text];
    return { kind: "comparison", prefix, key, operator, value, at: name.at };
  }

  #operator(): Operator {
    const token = this.#token;
    if (this.#takeWord("IS")) {
      const isNegated = this.#takeWord("NOT");
      if (!this.#takeWord("NULL")) throw this.#unexpected("NULL");
      return isNegated ? "IS NOT NULL" : "IS NULL";
    }
    const negation = this.#takeWord("NOT") ? "NOT " : "";
    const text = negation + this.#token.text.toUpperCase();
    const operator = operators.find((each) => each === text);
    if (operator === undefined || (this.#token.kind !== "operator" && this.#token.kind !== "word"))
      throw token.kind === "operator"
        ? wrongFilter(`Invalid comparator ${JSON.stringify(token.text)}`, token.at)
        : this.#unexpected("a comparator such as =, !=, <, LIKE, ILIKE, IN or IS NULL");
    this.#next++;
    return operator;
  }

  #value(operator: Operator): FilterValue {
    if (operator === "IS NULL" || operator === "IS NOT NULL") return null;
    if (operator === "IN" || operator === "NOT IN") return this.#list();
    const token = this.#token;
    if (token.kind !== "number" && !isText(token))
      throw this.#unexpected("a number, or a text in single or double quotes");
    this.#next++;
    return token.value;
  }

  #list(): readonly string[] {
    const values: string[] = [];
    if (!this.#takeMark("(")) throw this.#unexpected("a list such as ('a', 'b')");
    do {
      const token = this.#token;
      if (token.text === ")" && values.length > 0) break;
      if (!isText(token)) throw this.#unexpected("a text in single or double quotes");
      if (++this.#listed > maxListed) throw wrongFilter(`more than ${maxListed} values are listed`, token.at);
      values.push(token.value);
      this.#next++;
    } while (this.#takeMark(","));
    if (!this.#takeMark(")")) throw this.#unexpected("a comma or a closing parenthesis");
    return values;
  }

  #takeWord(word: string): boolean {
    return this.#takeIf(isWord(this.#token, word));
  }

  #takeMark(mark: string): boolean {
    return this.#takeIf(this.#token.kind === "punctuation" && this.#token.text === mark);
  }

  #takeIf(isThere: boolean): boolean {
    if (isThere) this.#next++;
    return isThere;
  }

  #unexpected(expected: string) {
    const { kind, text, at } = this.#token;
    const found = kind === "end" ? "the filter ends" : `${JSON.stringify(text)} stands`;
    return wrongFilter(`${found} where ${expected} should be`, at);
  }
}

function isWord(token: Token, word: string): boolean {
  return token.kind === "word" && token.text.toUpperCase() === word;
}

function isName(token: Token): boolean {
  if (token.kind === "word") return !["AND", "OR", "NOT"].includes(token.text.toUpperCase());
  return token.kind === "path" || (token.kind === "quoted" && !token.text.startsWith("'"));
}

function isText(token: Token): token is Token & { readonly kind: "quoted" } {
  return token.kind === "quoted" && !token.text.startsWith("`");
}
