import { SlipwayError } from "@slipway/contract";
import { isAmbient, type Access, type Principal, type TokenScope } from "../../access/index.ts";
import { setCaller, type Http } from "../../platform/http/index.ts";

/** Bearer and Basic tokens for every route of every protocol, by the scope that the route declares. */
export function registerAuth(app: Http, access: Access): void {
  app.addHook("onRequest", (request, reply, done) => {
    const scope = request.is404 ? "public" : (request.routeOptions.config.scope ?? "admin");
    if (scope === "public") return done();
    const { authorization } = request.headers;
    const what = `${request.method} ${request.routeOptions.url ?? request.url}`;
    const finish = ({ user }: Principal) => {
      setCaller(request, user);
      done();
    };
    // A browser asks its user and sends what he says from then on.
    const refuse = (error: Error) => {
      if (SlipwayError.is(error) && error.code === "unauthenticated" && request.headers.accept?.includes("text/html"))
        reply.header("www-authenticate", 'Basic realm="Slipway: the password is a token", charset="UTF-8"');
      done(error);
    };
    try {
      if (isAmbient(authorization)) checkSameSite(request.method, request.headers);
      const principal = access.authorize(authorization, { scope: scope as TokenScope, what });
      if (principal instanceof Promise) principal.then(finish, refuse);
      else finish(principal);
    } catch (error) {
      refuse(error as Error);
    }
  });
}

/**
 * What a browser adds by itself it adds to the requests of a foreign page, too: such a page may not change anything.
 * @throws SlipwayError `foreign_origin`
 */
function checkSameSite(
  method: string,
  headers: { host?: string | undefined; origin?: string | undefined; "sec-fetch-site"?: string | string[] | undefined },
): void {
  if (method === "GET" || method === "HEAD") return;
  const site = headers["sec-fetch-site"];
  const foreign =
    site === undefined
      ? headers.origin !== undefined && headers.origin.replace(/^https?:\/\//, "") !== headers.host
      : site !== "same-origin" && site !== "none";
  if (foreign)
    throw new SlipwayError(
      "foreign_origin",
      `A web page of ${JSON.stringify(headers.origin ?? "another site")} may not call this server with a token that the browser remembers.`,
    );
}
