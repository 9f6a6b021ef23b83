import type { FastifyRequest } from "fastify";
import { createReceiveBody } from "./receive-body.ts";

const alignAt = () => 0;

/** The body of a GET, which the server leaves unread: most have none. @throws SlipwayError `too_large`, `invalid_request` */
export function receiveGetBody(request: FastifyRequest): Promise<Buffer> {
  const receive = createReceiveBody({ limit: request.routeOptions.bodyLimit, alignAt });
  return new Promise((resolve, reject) => {
    receive(request, request.raw, (error, body) => (error ? reject(error) : resolve(body ?? Buffer.alloc(0))));
  });
}
