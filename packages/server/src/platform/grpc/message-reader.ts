import { SlipwayError } from "@slipway/contract";

/** Bytes before every message: whether it is compressed, and its length. */
export const frameHead = 5;

export interface ReceivedMessage {
  readonly bytes: Buffer;
  readonly compressed: boolean;
}

const nothing = Buffer.alloc(0);

/** Cuts what comes on a stream into its messages. A message that came in one piece is a view of that. */
export class MessageReader {
  readonly #limit: number;
  /** The head of a message, as far as it came. */
  #head: Buffer = nothing;
  /** A message that comes in several pieces, and how much of it is there. */
  #partial: ReceivedMessage | null = null;
  #filled = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** In the middle of a message. */
  get unfinished(): boolean {
    return this.#partial !== null || this.#head.length > 0;
  }

  /** @throws SlipwayError `too_large`, and `invalid_request` for what is no message */
  push(chunk: Buffer, onMessage: (message: ReceivedMessage) => void): void {
    let rest = chunk;
    if (this.#head.length > 0) {
      rest = Buffer.concat([this.#head, chunk]);
      this.#head = nothing;
    }
    while (rest.length > 0) {
      if (this.#partial !== null) rest = this.#fill(this.#partial, rest, onMessage);
      else if (rest.length < frameHead) {
        this.#head = rest;
        return;
      } else rest = this.#begin(rest, onMessage);
    }
  }

  /** A new message; answers with what is left of the bytes. */
  #begin(bytes: Buffer, onMessage: (message: ReceivedMessage) => void): Buffer {
    const flag = bytes[0]!;
    if (flag > 1) throw new SlipwayError("invalid_request", `A message starts with the byte ${flag}, not with 0 or 1.`);
    const length = bytes.readUInt32BE(1);
    if (length > this.#limit)
      throw new SlipwayError(
        "too_large",
        `The message has ${length} bytes, more than the ${this.#limit} that this server takes (body_limit).`,
        { limit: this.#limit, got: length },
      );
    const compressed = flag === 1;
    const end = frameHead + length;
    if (bytes.length < end) {
      // Memory that nobody wrote to costs nothing yet, whatever length was announced.
      this.#partial = { bytes: Buffer.allocUnsafeSlow(length), compressed };
      this.#filled = 0;
      return this.#fill(this.#partial, bytes.subarray(frameHead), onMessage);
    }
    onMessage({ bytes: bytes.subarray(frameHead, end), compressed });
    return bytes.length === end ? nothing : bytes.subarray(end);
  }

  #fill(message: ReceivedMessage, bytes: Buffer, onMessage: (message: ReceivedMessage) => void): Buffer {
    const taken = Math.min(bytes.length, message.bytes.length - this.#filled);
    message.bytes.set(taken === bytes.length ? bytes : bytes.subarray(0, taken), this.#filled);
    this.#filled += taken;
    if (this.#filled === message.bytes.length) {
      this.#partial = null;
      onMessage(message);
    }
    return bytes.subarray(taken);
  }
}

/** A message with its head; `spare` bytes of the first piece are free, and at least as many as the head has. */
export function toFrame(pieces: readonly Buffer[], length: number, spare: number): Buffer[] {
  const [first, ...others] = pieces;
  const start = spare - frameHead;
  first![start] = 0;
  first!.writeUInt32BE(length, start + 1);
  return [first!.subarray(start), ...others];
}
