import type { FastifyRequest } from "fastify";

const empty = Buffer.alloc(0);

/** The whole body as bytes; empty where there was none. Bodies of GET and of any content type are kept. */
export function readBody(request: FastifyRequest): Buffer {
  return Buffer.isBuffer(request.body) ? request.body : empty;
}
