import type { Access, TokenScope } from "../../access/index.ts";
import type { GrpcCall } from "../../platform/grpc/index.ts";

/** Lets a call in whose token has the scope. @throws SlipwayError `unauthenticated`, `forbidden`, `rate_limited` */
export type Admit = (scope: TokenScope, call: GrpcCall) => void | Promise<void>;

/** @param access null on a server that needs no tokens */
export function createAdmit(access: Access | null): Admit {
  if (access === null) return () => {};
  return (scope, call) => {
    const principal = access.authorize(call.headers.authorization, { scope, what: call.path });
    if (!(principal instanceof Promise)) call.user = principal.user;
    else
      return principal.then(({ user }) => {
        call.user = user;
      });
  };
}
