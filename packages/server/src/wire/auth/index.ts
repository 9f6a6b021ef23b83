import { SlipwayError } from "@slipway/contract";
import type { FastifyRequest } from "fastify";
import { allows, type Access, type Principal, type TokenScope } from "../../access/index.ts";
import { setCaller, type Http } from "../../platform/http/index.ts";

/** Bearer tokens for every route of every protocol, by the scope that the route declares. */
export function registerAuth(app: Http, access: Access): void {
  app.addHook("onRequest", (request, _reply, done) => {
    const scope = request.is404 ? "public" : (request.routeOptions.config.scope ?? "admin");
    if (scope === "public") return done();
    const finish = (principal: Principal) => {
      const error = check(principal, scope as TokenScope, request);
      if (error) return done(error);
      setCaller(request, principal.user);
      done();
    };
    try {
      const principal = access.authenticate(bearer(request));
      if (principal instanceof Promise) principal.then(finish, (error: Error) => done(error));
      else finish(principal);
    } catch (error) {
      done(error as Error);
    }
  });
}

function bearer({ headers }: FastifyRequest): string {
  const match = /^Bearer\s+(\S+)\s*$/i.exec(headers.authorization ?? "");
  if (match) return match[1]!;
  throw new SlipwayError(
    "unauthenticated",
    'This server needs a token: send "authorization: Bearer TOKEN", or set SLIPWAY_TOKEN for the command line.',
  );
}

function check(principal: Principal, scope: TokenScope, request: FastifyRequest): SlipwayError | null {
  if (allows(principal.scope, scope)) return null;
  return new SlipwayError(
    "forbidden",
    `${principal.user} has a token for "${principal.scope}"; ${request.method} ${request.routeOptions.url ?? request.url} needs "${scope}".`,
    { scope },
  );
}
