import type { FastifyReply } from "fastify";

/**
 * Answers server-sent events: each value that `subscribe` gives is one `data` line of JSON. `subscribe` returns how to stop;
 * it is called when the client goes away or when `end` was called.
 */
export function sendEvents(
  reply: FastifyReply,
  subscribe: (send: (value: unknown) => void, end: () => void) => () => void,
): void {
  reply.hijack();
  const response = reply.raw;
  response.writeHead(200, {
    "content-type": "text/event-stream",
    "cache-control": "no-store",
    "x-accel-buffering": "no",
  });
  let stop: (() => void) | null = null;
  let ended = false;
  const end = () => {
    ended = true;
    stop?.();
    response.end();
  };
  response.on("close", () => stop?.());
  stop = subscribe((value) => void response.write(`data: ${JSON.stringify(value)}\n\n`), end);
  if (ended) stop();
}
