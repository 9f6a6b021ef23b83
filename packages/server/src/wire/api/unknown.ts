import { SlipwayError } from "@slipway/contract";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Http } from "../../platform/http/index.ts";
import type { Logger } from "../../kernel/logger.ts";
import { sendProblem, toProblem } from "./problem.ts";

/** Paths that belong to protocols and pages that are not built yet: a caller learns that, rather than "not found". */
const later: readonly { readonly pattern: RegExp; readonly what: string }[] = [
  { pattern: /^\/console(\/|$)/, what: "The console" },
];

/** Whatever no face knows, and errors that are raised before any face is reached. */
export function registerUnknown(app: Http, logger: Logger): void {
  // Some methods are refused for what their headers lack before it is said that there is nothing at the path.
  app.setErrorHandler((error, request, reply) =>
    request.is404 && isTransport(error) ? answerUnknown(request, reply) : sendProblem(error, reply, logger),
  );
  app.setNotFoundHandler(answerUnknown);
}

function isTransport(error: unknown): boolean {
  return (error as { readonly code?: unknown }).code === "FST_ERR_ROUTE_MISSING_CONTENT_TYPE";
}

function answerUnknown(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const path = request.url.split("?")[0]!;
  const planned = later.find(({ pattern }) => pattern.test(path));
  const error = planned
    ? new SlipwayError("unimplemented", `${planned.what} is not built yet.`)
    : new SlipwayError(
        "not_found",
        `There is nothing at ${request.method} ${path}; /openapi.json lists what there is.`,
      );
  const problem = { ...toProblem(error, null), status: 404 };
  return reply.status(404).header("content-type", "application/problem+json").send(JSON.stringify(problem));
}
