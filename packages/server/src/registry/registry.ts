import type { Clock } from "../kernel/clock.ts";
import { createEvents } from "../kernel/events.ts";
import type { Events } from "../kernel/events.ts";
import { createId } from "../kernel/ids.ts";
import type { Sql } from "../platform/sql/index.ts";
import { createRequests, type RequestMark } from "../tracking/index.ts";
import { aliasUseCases, type AliasUseCases } from "./alias-use-cases.ts";
import type { Context } from "./context.ts";
import { fileUseCases, type FileUseCases } from "./file-use-cases.ts";
import { importUseCases, type ImportUseCases } from "./import-use-cases.ts";
import { markUseCases, type MarkUseCases } from "./mark-use-cases.ts";
import { modelUseCases, type ModelUseCases } from "./model-use-cases.ts";
import type { RegistryNews } from "./news.ts";
import type * as module from "./registry-tasks.ts";
import type { RegistryTables } from "./rows.ts";
import { createRegistrySearch, type RegistrySearch } from "./search/registry-search.ts";
import { createRegistryStore, type RegistryStore } from "./store.ts";
import { isPrompt } from "./tags.ts";
import { versionUseCases, type VersionUseCases } from "./version-use-cases.ts";
import { toMessages } from "./webhooks/to-messages.ts";
import type { WebhookMessage, Webhooks } from "./webhooks/index.ts";

/** The one set of models and versions: those that were deployed, and those that an MLflow client registered. */
export interface Registry
  extends VersionUseCases, ModelUseCases, AliasUseCases, MarkUseCases, FileUseCases, ImportUseCases {
  readonly events: Events<RegistryNews>;
  /** As MLflow shows it. */
  readonly search: RegistrySearch;
  /** Tells that the answer to what made something did not arrive: the same request, should it come again, gets that. */
  answerLost(mark: RequestMark): void;
}

export interface RegistryDeps {
  readonly sql: Sql;
  readonly clock: Clock;
  /** UUIDv7 of this start; its own unless given. */
  readonly instance?: string;
  /** Where news go; an own one unless given. */
  readonly events?: Events<RegistryNews>;
  /** Who is told in the transaction of the change; nobody unless given. */
  readonly webhooks?: Pick<Webhooks, "announce" | "wake">;
}

/** In the package, it lies beside the one file that the program is. */
const script = new URL(`./registry-tasks${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url);

export function createRegistry({ sql, clock, events = createEvents(), ...deps }: RegistryDeps): Registry {
  const { instance = createId(), webhooks } = deps;
  const { db, tx } = sql.as<RegistryTables>();
  const context: Context = {
    store: createRegistryStore(db),
    requests: createRequests(instance),
    now: () => clock.now(),
    /** Emits what the transaction has told once it is committed. */
    async change(fn) {
      const { result, news } = await tx(async (trx) => {
        const told: RegistryNews[] = [];
        const store = createRegistryStore(trx);
        const done = await fn(store, (each) => void told.push(each));
        if (webhooks) await webhooks.announce(trx, await toAllMessages(told, store));
        return { result: done, news: told };
      });
      if (news.length > 0) webhooks?.wake();
      for (const each of news) events.emit(each);
      return result;
    },
  };
  return {
    events,
    search: createRegistrySearch(sql.tasks<typeof module>(script)),
    answerLost: (mark) => context.requests.answerLost(mark),
    ...versionUseCases(context),
    ...fileUseCases(context),
    ...modelUseCases(context),
    ...aliasUseCases(context),
    ...markUseCases(context),
    ...importUseCases(context),
  };
}

async function toAllMessages(news: readonly RegistryNews[], store: RegistryStore): Promise<readonly WebhookMessage[]> {
  const messages: WebhookMessage[] = [];
  for (const each of news) messages.push(...toMessages(each, isPrompt(await store.listModelTags(modelOf(each)))));
  return messages;
}

function modelOf(news: RegistryNews): string {
  if ("version" in news) return news.version.model;
  return "alias" in news ? news.alias.model : news.model;
}
