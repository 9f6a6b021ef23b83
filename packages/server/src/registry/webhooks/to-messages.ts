import type { KeyValue } from "../../tracking/index.ts";
import type { ModelVersion } from "../model-version.ts";
import type { RegistryNews } from "../news.ts";
import { promptTag } from "../tags.ts";
import type { WebhookMessage } from "./event.ts";

/** Tags of MLflow's that say no more than that something is a prompt. */
const promptMarks: ReadonlySet<string> = new Set([promptTag, "_mlflow_prompt_type"]);
const promptText = "mlflow.prompt.text";

/** What receivers are told of a change; nothing of one that MLflow has no event for. Models that are prompts have events of their own. */
export function toMessages(news: RegistryNews, isPrompt: boolean): readonly WebhookMessage[] {
  switch (news.type) {
    case "model.created": {
      const { model: name, tags, description } = news;
      const data = { name, tags: toTags(tags, isPrompt), description };
      return [{ entity: isPrompt ? "prompt" : "registered_model", action: "created", data }];
    }
    case "model.tag.set":
      return isPrompt ? [{ entity: "prompt_tag", action: "set", data: { name: news.model, ...news.tag } }] : [];
    case "model.tag.deleted":
      return isPrompt ? [{ entity: "prompt_tag", action: "deleted", data: { name: news.model, key: news.key } }] : [];
    case "version.created":
      return [isPrompt ? toPromptVersion(news.version, news.tags) : toVersion(news.version, news.tags)];
    case "version.tag.set": {
      const data = { ...addressOf(news.version), ...news.tag };
      return [{ entity: isPrompt ? "prompt_version_tag" : "model_version_tag", action: "set", data }];
    }
    case "version.tag.deleted": {
      const data = { ...addressOf(news.version), key: news.key };
      return [{ entity: isPrompt ? "prompt_version_tag" : "model_version_tag", action: "deleted", data }];
    }
    case "alias.set": {
      const { model: name, alias, version } = news.alias;
      const data = { name, alias, version: String(version) };
      return [{ entity: isPrompt ? "prompt_alias" : "model_version_alias", action: "created", data }];
    }
    case "alias.deleted": {
      const { model: name, alias } = news.alias;
      return [{ entity: isPrompt ? "prompt_alias" : "model_version_alias", action: "deleted", data: { name, alias } }];
    }
    default:
      return [];
  }
}

function toVersion(version: ModelVersion, tags: readonly KeyValue[]): WebhookMessage {
  const { origin, description } = version;
  const told = { source: origin.source, run_id: origin.runId || null, tags: toTags(tags, false) };
  const data = { ...addressOf(version), ...told, description: description || null };
  return { entity: "model_version", action: "created", data };
}

function toPromptVersion(version: ModelVersion, tags: readonly KeyValue[]): WebhookMessage {
  const { [promptText]: template = null, ...rest } = toTags(tags, true);
  const data = { ...addressOf(version), template, tags: rest, description: version.description || null };
  return { entity: "prompt_version", action: "created", data };
}

function addressOf({ model, version }: ModelVersion) {
  return { name: model, version: String(version) };
}

function toTags(tags: readonly KeyValue[], isPrompt: boolean): Record<string, string> {
  const told = isPrompt ? tags.filter(({ key }) => !promptMarks.has(key)) : tags;
  return Object.fromEntries(told.map(({ key, value }) => [key, value]));
}
