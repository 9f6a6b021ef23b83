import { SlipwayError } from "@slipway/contract";

/** Bytes before every message: whether it is compressed, and its length. */
export const frameHead = 5;

export interface ReceivedMessage {
  readonly bytes: Buffer;
  readonly compressed: boolean;
}

/** Cuts what comes on a stream into its messages. A message that came in one piece is a view of that. */
export interface MessageReader {
  /** @throws SlipwayError `too_large`, and `invalid_request` for what is no message */
  push(chunk: Buffer, onMessage: (message: ReceivedMessage) => void): void;
  /** In the middle of a message. */
  readonly unfinished: boolean;
}

export function createMessageReader(limit: number): MessageReader {
  /** The head of a message, as far as it came. */
  let head: Buffer = Buffer.alloc(0);
  /** A message that comes in several pieces, and how much of it is there. */
  let partial: { readonly bytes: Buffer; readonly compressed: boolean } | null = null;
  let filled = 0;

  function parseHead(bytes: Buffer, at: number): { compressed: boolean; length: number } {
    const flag = bytes[at]!;
    if (flag > 1) throw new SlipwayError("invalid_request", `A message starts with the byte ${flag}, not with 0 or 1.`);
    const length = bytes.readUInt32BE(at + 1);
    if (length > limit)
      throw new SlipwayError(
        "too_large",
        `The message has ${length} bytes, more than the ${limit} that this server takes (body_limit).`,
        { limit, got: length },
      );
    return { compressed: flag === 1, length };
  }

  return {
    push(chunk, onMessage) {
      let rest = chunk;
      if (head.length > 0) {
        rest = Buffer.concat([head, chunk]);
        head = Buffer.alloc(0);
      }
      while (rest.length > 0) {
        if (partial === null) {
          if (rest.length < frameHead) {
            head = rest;
            return;
          }
          const { compressed, length } = parseHead(rest, 0);
          if (rest.length >= frameHead + length) {
            const bytes = rest.subarray(frameHead, frameHead + length);
            rest = rest.subarray(frameHead + length);
            onMessage({ bytes, compressed });
            continue;
          }
          // Memory that nobody wrote to costs nothing yet, whatever length was announced.
          partial = { bytes: Buffer.allocUnsafeSlow(length), compressed };
          filled = 0;
          rest = rest.subarray(frameHead);
        }
        const { bytes, compressed }: ReceivedMessage = partial;
        const taken = Math.min(rest.length, bytes.length - filled);
        bytes.set(taken === rest.length ? rest : rest.subarray(0, taken), filled);
        filled += taken;
        rest = rest.subarray(taken);
        if (filled < bytes.length) return;
        partial = null;
        onMessage({ bytes, compressed });
      }
    },
    get unfinished() {
      return partial !== null || head.length > 0;
    },
  };
}

/** A message with its head; `spare` bytes of the first piece are free, and at least as many as the head has. */
export function toFrame(pieces: readonly Buffer[], length: number, spare: number): Buffer[] {
  const [first, ...others] = pieces;
  const start = spare - frameHead;
  first![start] = 0;
  first!.writeUInt32BE(length, start + 1);
  return [first!.subarray(start), ...others];
}
