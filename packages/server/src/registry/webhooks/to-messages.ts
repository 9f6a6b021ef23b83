import type { RegistryNews } from "../news.ts";
import type { WebhookMessage } from "./event.ts";

/** What receivers are told of a change; nothing of one that MLflow has no event for. */
export function toMessages(news: RegistryNews): readonly WebhookMessage[] {
  switch (news.type) {
    case "version.created": {
      const { model, version, message } = news.version;
      const data = {
        name: model,
        version: String(version),
        source: null,
        run_id: null,
        tags: {},
        description: message,
      };
      return [{ entity: "model_version", action: "created", data }];
    }
    case "alias.set": {
      const { model: name, alias, version } = news.alias;
      return [{ entity: "model_version_alias", action: "created", data: { name, alias, version: String(version) } }];
    }
    case "alias.deleted": {
      const { model: name, alias } = news.alias;
      return [{ entity: "model_version_alias", action: "deleted", data: { name, alias } }];
    }
    default:
      return [];
  }
}
