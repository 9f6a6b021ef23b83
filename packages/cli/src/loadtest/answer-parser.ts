/** Reads answers of HTTP/1.1 with as little work as their length takes; knows content-length and chunked bodies. */
export interface AnswerParser {
  /** @returns the answer, once it is whole */
  push(chunk: Buffer): Answer | null;
}

export interface Answer {
  readonly status: number;
  /** Whether the server ends the connection after it. */
  readonly last: boolean;
  /** The first bytes of the body where the status is no success. */
  readonly refusal: Buffer | null;
}

const headEnd = Buffer.from("\r\n\r\n");
const lastChunk = "0\r\n\r\n";
const refusalBytes = 4_096;

interface Head {
  readonly status: number;
  readonly last: boolean;
  /** Null: it comes in chunks. */
  readonly length: number | null;
}

export function createAnswerParser(): AnswerParser {
  let pending: Buffer | null = null;
  let head: Head | null = null;
  let [got, tail] = [0, ""];
  let refusal: Buffer[] = [];

  function take(body: Buffer, { status, last, length }: Head): Answer | null {
    if ((status < 200 || status > 299) && got < refusalBytes) refusal.push(body);
    got += body.length;
    if (length === null) tail = (tail + body.toString("latin1", Math.max(0, body.length - 7))).slice(-7);
    const whole = length === null ? tail === lastChunk || tail.endsWith(`\n${lastChunk}`) : got >= length;
    if (!whole) return null;
    const answer = { status, last, refusal: refusal.length === 0 ? null : Buffer.concat(refusal) };
    [head, got, tail, refusal] = [null, 0, "", []];
    return answer;
  }
  return {
    push(chunk) {
      if (head !== null) return take(chunk, head);
      pending = pending === null ? chunk : Buffer.concat([pending, chunk]);
      const end = pending.indexOf(headEnd);
      if (end < 0) return null;
      const body = pending.subarray(end + headEnd.length);
      head = parseHead(pending.toString("latin1", 0, end));
      pending = null;
      return take(body, head);
    },
  };
}

function parseHead(text: string): Head {
  const length = /\r\ncontent-length: *(\d+)/i.exec(text)?.[1];
  const chunked = length === undefined && /\r\ntransfer-encoding: *chunked/i.test(text);
  return {
    status: Number(text.slice(9, 12)),
    last: /\r\nconnection: *close/i.test(text),
    length: chunked ? null : Number(length ?? 0),
  };
}
