const encoder = new TextEncoder();

/** JSON that is too big to be one text: encoded as it comes, into one buffer that grows. */
export class JsonBytes {
  #buffer = new ArrayBuffer(64 * 1024);
  #size = 0;

  add(text: string): void {
    // What is not ASCII takes up to three bytes; mostly this is enough.
    this.#reserve(text.length);
    const rest = text.slice(this.#encode(text));
    if (rest === "") return;
    this.#reserve(rest.length * 3);
    this.#encode(rest);
  }

  /** In a buffer of its own, which can move to another thread. This object is empty then. */
  toBytes(): Uint8Array {
    return new Uint8Array(this.#buffer.transfer(this.#size));
  }

  /** @returns how much of the text found room */
  #encode(text: string): number {
    const { read, written } = encoder.encodeInto(text, new Uint8Array(this.#buffer, this.#size));
    this.#size += written;
    return read;
  }

  #reserve(bytes: number): void {
    const wanted = this.#size + bytes;
    if (wanted > this.#buffer.byteLength)
      this.#buffer = this.#buffer.transfer(Math.max(wanted, this.#buffer.byteLength * 2));
  }
}
