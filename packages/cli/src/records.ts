import { UsageError } from "./exit-codes.ts";

export type RecordJson = Readonly<Record<string, unknown>>;

export interface Records {
  /** one: a JSON object; list: a JSON list; lines: JSON Lines, one object a line. */
  readonly form: "one" | "list" | "lines";
  readonly items: readonly RecordJson[];
}

/**
 * What is to be predicted, out of the text that was given. Integers beyond 2^53 become bigints, so that they reach the
 * server with every digit.
 * @throws UsageError with the line where JSON Lines are wrong
 */
export function parseRecords(text: string, origin: string): Records {
  if (text.trim() === "") throw new UsageError(`${origin} is empty: give a JSON object, a list, or JSON Lines.`);
  const whole = tryParse(text);
  if (whole.error === null) {
    if (Array.isArray(whole.value)) return { form: "list", items: whole.value.map(toRecord(origin)) };
    return { form: "one", items: [toRecord(origin)(whole.value, 0)] };
  }
  const lines = text.split("\n").map((line, i) => ({ line: line.trim(), number: i + 1 }));
  const filled = lines.filter(({ line }) => line !== "");
  const first = tryParse(filled[0]?.line ?? "");
  if (filled.length < 2 || first.error !== null) throw new UsageError(`${origin} is not JSON: ${whole.error}.`);
  const items = filled.map(({ line, number }) => {
    const { value, error } = tryParse(line);
    if (error !== null) throw new UsageError(`${origin}, line ${number}, is not JSON: ${error}.`);
    return toRecord(`${origin}, line ${number},`)(value, 0);
  });
  return { form: "lines", items };
}

function toRecord(origin: string) {
  return (value: unknown, index: number): RecordJson => {
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as RecordJson;
    const at = index > 0 ? ` (item ${index})` : "";
    throw new UsageError(
      `${origin} holds something that is no record${at}: a record is an object such as {"hour": 8}.`,
    );
  };
}

function tryParse(text: string): { value: unknown; error: string | null } {
  try {
    return { value: JSON.parse(text, keepDigits), error: null };
  } catch (error) {
    return { value: undefined, error: (error as Error).message };
  }
}

function keepDigits(_key: string, value: unknown, context?: { source?: string }): unknown {
  const source = context?.source;
  if (typeof value !== "number" || Number.isSafeInteger(value) || source === undefined) return value;
  // Longer ones are meant for a floating input.
  return /^-?\d{1,20}$/.test(source) ? BigInt(source) : value;
}
