import type { FastifyRequest } from "fastify";

declare module "fastify" {
  interface FastifyContextConfig {
    /** What a caller must be allowed to do; a route without it is for administrators. */
    scope?: string;
  }
  interface FastifyRequest {
    callerName: string | null;
  }
}

/** Who sent a request, as far as it is known; null on a server without tokens. */
export function callerOf(request: FastifyRequest): string | null {
  return request.callerName;
}

export function setCaller(request: FastifyRequest, name: string): void {
  request.callerName = name;
}
