import type { LogBytes } from "@slipway/runtime/log";

/** Numbers for texts, found by their bytes: what a column of categories is read into. */
export interface TextCodes {
  /** By number. */
  readonly texts: readonly string[];
  codeOf(log: LogBytes, from: number, to: number): number;
  codeOfText(text: string): number;
  /** Of a number as a text: 1 of a boolean is `true`. */
  codeOfNumber(value: number, isBoolean: boolean): number;
  /** Whether so many more may come before it has to be cleared. */
  hasRoom(count: number): boolean;
  /** How often it was cleared: numbers of another time mean nothing. */
  generation(): number;
  clear(): void;
}

const mostTexts = 8192;
const mostBytes = 4 * 2 ** 20;
const slots = 4 * mostTexts;

/** An open hash table over the bytes themselves: no string is made of a text that is known. */
export function createTextCodes(): TextCodes {
  const texts: string[] = [];
  const starts: number[] = [0];
  const numbers = new Map<number, number>();
  let arena = new Uint8Array(1024);
  let table: Int32Array | null = null;
  let last = -1;
  let generation = 0;

  function isAt(code: number, bytes: Uint8Array, from: number): boolean {
    const start = starts[code] as number;
    const length = (starts[code + 1] as number) - start;
    for (let i = 0; i < length; i++) if (bytes[from + i] !== arena[start + i]) return false;
    return true;
  }

  function lengthOf(code: number): number {
    return (starts[code + 1] as number) - (starts[code] as number);
  }

  function learn(bytes: Uint8Array, from: number, to: number): number {
    const start = starts[texts.length] as number;
    const end = start + to - from;
    if (end > arena.length) {
      const larger = new Uint8Array(Math.max(end, 2 * arena.length));
      larger.set(arena.subarray(0, start));
      arena = larger;
    }
    arena.set(bytes.subarray(from, to), start);
    starts.push(end);
    texts.push(decoder.decode(bytes.subarray(from, to)));
    return texts.length - 1;
  }

  function find(bytes: Uint8Array, from: number, to: number): number {
    if (last >= 0 && lengthOf(last) === to - from && isAt(last, bytes, from)) return last;
    table ??= new Int32Array(slots).fill(-1);
    let hash = 0x811c9dc5;
    for (let i = from; i < to; i++) hash = Math.imul(hash ^ (bytes[i] as number), 0x01000193);
    let slot = (hash ^ (hash >>> 15)) & (slots - 1);
    for (;;) {
      const code = table[slot] as number;
      if (code < 0) return (last = table[slot] = learn(bytes, from, to));
      if (lengthOf(code) === to - from && isAt(code, bytes, from)) return (last = code);
      slot = (slot + 1) & (slots - 1);
    }
  }

  function codeOfText(text: string): number {
    const bytes = Buffer.from(text);
    return find(bytes, 0, bytes.length);
  }

  return {
    texts,
    codeOfText,
    codeOfNumber(value, isBoolean) {
      let code = numbers.get(value);
      if (code === undefined) {
        code = codeOfText(isBoolean ? String(value !== 0) : String(value));
        numbers.set(value, code);
      }
      return code;
    },
    codeOf: ({ bytes }, from, to) => find(bytes, from, to),
    hasRoom: (count) => texts.length + count <= 2 * mostTexts && (starts.at(-1) as number) < mostBytes,
    generation: () => generation,
    clear() {
      generation++;
      texts.length = 0;
      starts.length = 1;
      arena = new Uint8Array(1024);
      table = null;
      last = -1;
      numbers.clear();
    },
  };
}

/** Bytes that are no UTF-8 become replacement characters, as in every other reader. */
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
