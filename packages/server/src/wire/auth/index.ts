import type { Access, Principal, TokenScope } from "../../access/index.ts";
import { setCaller, type Http } from "../../platform/http/index.ts";

/** Bearer tokens for every route of every protocol, by the scope that the route declares. */
export function registerAuth(app: Http, access: Access): void {
  app.addHook("onRequest", (request, _reply, done) => {
    const scope = request.is404 ? "public" : (request.routeOptions.config.scope ?? "admin");
    if (scope === "public") return done();
    const what = `${request.method} ${request.routeOptions.url ?? request.url}`;
    const finish = ({ user }: Principal) => {
      setCaller(request, user);
      done();
    };
    try {
      const principal = access.authorize(request.headers.authorization, { scope: scope as TokenScope, what });
      if (principal instanceof Promise) principal.then(finish, (error: Error) => done(error));
      else finish(principal);
    } catch (error) {
      done(error as Error);
    }
  });
}
