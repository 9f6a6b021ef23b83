/** One server-sent event; `event` is "message" where the server named none. */
export interface ServerEvent {
  readonly event: string;
  readonly data: string;
  readonly id: string;
}

/**
 * Takes the text of an event stream in pieces, cut anywhere, and gives back the events that are complete.
 * Line ends are CRLF, LF or CR; comments and unknown fields are skipped, as the HTML standard says.
 */
export function createEventParser(): (piece: string) => ServerEvent[] {
  let rest = "";
  let fresh = true;
  let event = "";
  let data: string[] = [];
  let id = "";

  function takeLine(line: string, events: ServerEvent[]): void {
    if (line === "") {
      if (data.length > 0) events.push({ event: event || "message", data: data.join("\n"), id });
      event = "";
      data = [];
      return;
    }
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "data") data.push(value);
    else if (field === "event") event = value;
    else if (field === "id" && !value.includes("\0")) id = value;
  }

  return (piece) => {
    const events: ServerEvent[] = [];
    rest += piece;
    if (fresh && rest !== "") {
      fresh = false;
      rest = rest.replace(/^\uFEFF/, "");
    }
    // A CR at the very end may be half of a CRLF: it waits for the next piece.
    const lines = rest.split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? "";
    for (const line of lines) takeLine(line, events);
    return events;
  };
}

/** The events of a body as they arrive; ends with it. */
export async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<ServerEvent, void, undefined> {
  const parse = createEventParser();
  const decoder = new TextDecoder();
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield* parse(decoder.decode(value, { stream: true }));
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
