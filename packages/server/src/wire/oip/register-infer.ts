import type { Infer } from "../../endpoints/index.ts";
import type { Logger } from "../../kernel/logger.ts";
import type { Http } from "../../platform/http/index.ts";
import { sendErrorText } from "../error-answer.ts";
import type { ModelPath } from "../served-models.ts";
import { infer } from "./infer.ts";

const infers = { config: { scope: "infer" } };

/** The paths of predictions alone, for a process that answers nothing else. */
export function registerOipInfer(app: Http, deps: { readonly infer: Infer; readonly logger: Logger }): void {
  app.register(async (scope) => {
    scope.setErrorHandler((error, _request, reply) => sendErrorText(error, reply, deps.logger));
    for (const base of ["/v2/models/:model", "/v2/models/:model/versions/:version"])
      scope.post<{ Params: ModelPath }>(`${base}/infer`, infers, (request, reply) => infer(deps.infer, request, reply));
  });
}
