/** Few different texts, each with a number. */
export interface Dictionary {
  readonly texts: Uint8Array[];
  /** The number of the text in `bytes` from `from` to `to`. */
  codeOf(bytes: Buffer, from: number, to: number): number;
  codeOfText(text: string): number;
}

export function createDictionary(): Dictionary {
  const texts: Uint8Array[] = [];
  const codes = new Map<string, number>();
  let last = new Uint8Array(0);
  let lastCode = -1;

  function codeOfText(text: string): number {
    const known = codes.get(text);
    if (known !== undefined) return known;
    // Through a string: bytes that are no UTF-8 become replacement characters, as in every other reader.
    texts.push(Buffer.from(text));
    codes.set(text, texts.length - 1);
    return texts.length - 1;
  }

  return {
    texts,
    codeOfText,
    codeOf(bytes, from, to) {
      if (lastCode >= 0 && to - from === last.length && isSame(bytes, from, last)) return lastCode;
      last = new Uint8Array(bytes.subarray(from, to));
      lastCode = codeOfText(bytes.toString("utf8", from, to));
      return lastCode;
    },
  };
}

function isSame(bytes: Buffer, from: number, wanted: Uint8Array): boolean {
  for (let i = 0; i < wanted.length; i++) if (bytes[from + i] !== wanted[i]) return false;
  return true;
}
