import type {
  EnvironmentPruneRequest,
  EnvironmentRebuildRequest,
  NewEnvironmentVerification,
  PythonEnvironment,
} from "@slipway/contract";
import type { EnvironmentCare, UsedEnvironment } from "../../endpoints/index.ts";
import { decodeCursor, toPage } from "../../kernel/page.ts";
import { toPageQuery } from "./model-handlers.ts";
import type { Handlers } from "./register.ts";
import { toOperationView, toPageView, toTimestamp } from "./views.ts";

type EnvironmentRoutes = "listEnvironments" | "verifyEnvironments" | "pruneEnvironments" | "rebuildEnvironment";

export function createEnvironmentHandlers(care: EnvironmentCare): Pick<Handlers, EnvironmentRoutes> {
  return {
    listEnvironments: async ({ query }) => {
      const { limit, cursor } = toPageQuery(query);
      const keyOf = ({ createdAt, hash }: UsedEnvironment) => [createdAt, hash] as const;
      const after = cursor === null ? null : (decodeCursor(cursor, ["number", "string"]) as [number, string]);
      const isAfter = (each: UsedEnvironment) => {
        const [at, hash] = keyOf(each);
        return after === null || at < after[0] || (at === after[0] && hash > after[1]);
      };
      const all = (await care.list()).toSorted((a, b) => b.createdAt - a.createdAt || (a.hash < b.hash ? -1 : 1));
      return toPageView(toPage(all.filter(isAfter).slice(0, limit + 1), limit, keyOf), toEnvironmentView);
    },
    verifyEnvironments: async ({ body }) =>
      toOperationView(await care.verify((body as NewEnvironmentVerification).hash ?? null)),
    pruneEnvironments: async ({ body }) => {
      const { dry_run, older_than_ms } = body as EnvironmentPruneRequest;
      return toOperationView(await care.prune({ dryRun: dry_run, olderThanMs: older_than_ms }));
    },
    rebuildEnvironment: async ({ params, body }) =>
      toOperationView(await care.rebuild(params["hash"]!, body as EnvironmentRebuildRequest)),
  };
}

function toEnvironmentView(environment: UsedEnvironment): PythonEnvironment {
  return {
    hash: environment.hash,
    python: environment.pythonVersion,
    packages: environment.packages,
    size_bytes: environment.sizeBytes,
    overlay: environment.over !== null,
    versions: [...environment.versions],
    created_at: toTimestamp(environment.createdAt),
    last_used_at: toTimestamp(environment.lastUsedAt),
  };
}
