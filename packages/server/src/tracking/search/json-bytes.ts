const encoder = new TextEncoder();

/** JSON that is too big to be one text: encoded as it comes, into one buffer that grows. */
export class JsonBytes {
  #buffer = new ArrayBuffer(64 * 1024);
  #size = 0;

  add(text: string): void {
    // UTF-8 takes at most three bytes for a unit of UTF-16.
    this.#reserve(text.length);
    let { read, written } = encoder.encodeInto(text, new Uint8Array(this.#buffer, this.#size));
    this.#size += written;
    if (read === text.length) return;
    this.#reserve((text.length - read) * 3);
    ({ written } = encoder.encodeInto(text.slice(read), new Uint8Array(this.#buffer, this.#size)));
    this.#size += written;
  }

  /** In a buffer of its own, which can move to another thread. This object is empty then. */
  toBytes(): Uint8Array {
    return new Uint8Array(this.#buffer.transfer(this.#size));
  }

  #reserve(bytes: number): void {
    const wanted = this.#size + bytes;
    if (wanted > this.#buffer.byteLength)
      this.#buffer = this.#buffer.transfer(Math.max(wanted, this.#buffer.byteLength * 2));
  }
}
