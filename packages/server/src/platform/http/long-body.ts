import type { FastifyRequest } from "fastify";
import type { Socket } from "node:net";

/** Sockets whose request may take as long as its bytes come. */
const patient = new WeakSet<object>();

/**
 * Lets a body that is stored while it comes take longer than the longest time of a request, as long as no pause in it is
 * longer than that: an upload of many gigabytes is no slow request.
 */
export function allowLongBody({ raw }: FastifyRequest, longestPauseMs: number): void {
  const { socket } = raw;
  patient.add(socket);
  socket.setTimeout(longestPauseMs);
  raw.once("end", () => {
    patient.delete(socket);
    // What is done with the bytes takes the time it takes.
    socket.setTimeout(0);
  });
}

/** Answers what never becomes a request, or took too long to become one. */
export function answerClientError(error: Error & { readonly code?: string }, socket: Socket): void {
  const { code } = error;
  if (code === "ECONNRESET" || socket.destroyed) return;
  if (code === "ERR_HTTP_REQUEST_TIMEOUT" && patient.has(socket)) return;
  const [status, text] =
    code === "ERR_HTTP_REQUEST_TIMEOUT"
      ? [408, "Request Timeout"]
      : code === "HPE_HEADER_OVERFLOW"
        ? [431, "Request Header Fields Too Large"]
        : [400, "Bad Request"];
  const body = JSON.stringify({ error: text, message: "Client Error", statusCode: status });
  if (socket.writable)
    socket.write(
      `HTTP/1.1 ${status} ${text}\r\nContent-Length: ${body.length}\r\nContent-Type: application/json\r\n\r\n${body}`,
    );
  socket.destroy(error);
}
