import type { EraseRequest } from "@slipway/contract";
import type { Endpoints } from "../../endpoints/index.ts";
import type { Erasures } from "../../predictions/index.ts";
import type { Handlers } from "./register.ts";
import { toOperationView } from "./views.ts";

export function createEraseHandlers({
  erasures,
  endpoints,
}: {
  erasures: Erasures;
  endpoints: Endpoints;
}): Pick<Handlers, "erasePredictions"> {
  return {
    erasePredictions: async ({ params, body, author }) => {
      const endpoint = params["endpoint"]!;
      const { where, dry_run } = body as EraseRequest;
      await endpoints.require(endpoint);
      return toOperationView(await erasures.erase(endpoint, { where, dryRun: dry_run ?? false, author }));
    },
  };
}
