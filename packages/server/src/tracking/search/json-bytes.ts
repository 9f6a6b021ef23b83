const encoder = new TextEncoder();

/** JSON that is too big to be one text: pieces of it, encoded as they come. */
export class JsonBytes {
  readonly #pieces: Uint8Array[] = [];
  #size = 0;

  add(text: string): void {
    const piece = encoder.encode(text);
    this.#pieces.push(piece);
    this.#size += piece.length;
  }

  /** In a buffer of its own, which can move to another thread. */
  toBytes(): Uint8Array {
    const bytes = new Uint8Array(this.#size);
    let at = 0;
    for (const piece of this.#pieces) {
      bytes.set(piece, at);
      at += piece.length;
    }
    return bytes;
  }
}
