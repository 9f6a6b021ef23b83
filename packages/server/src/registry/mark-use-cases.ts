import { SlipwayError } from "@slipway/contract";
import type { KeyValue } from "../tracking/index.ts";
import { lockModel, requireLiving, type Context, type Doing, type Tell } from "./context.ts";
import { parseStage, type ModelVersion, type Stage } from "./model-version.ts";
import type { RegistryStore } from "./store.ts";
import { checkTag, checkTagKey } from "./tags.ts";
import type { VersionRef } from "./version-use-cases.ts";

/** What is said about a version, and may change while the version does not. */
export interface MarkUseCases {
  /** @throws SlipwayError `version_not_found`, `model_not_found`; so do the others */
  describeVersion(at: VersionRef, description: string | null): Promise<ModelVersion>;
  listVersionTags(at: VersionRef): Promise<readonly KeyValue[]>;
  /** @throws SlipwayError `invalid_request` */
  setVersionTag(at: VersionRef, tag: KeyValue): Promise<void>;
  /** Nothing happens where there is none. */
  deleteVersionTag(at: VersionRef, key: string): Promise<void>;
  /**
   * With `archive`, versions that are in the stage already leave it for Archived; only Staging and Production can be left so.
   * @throws SlipwayError `invalid_request`
   */
  moveStage(
    at: VersionRef,
    to: { readonly stage: string; readonly archive: boolean },
    author?: string | null,
  ): Promise<ModelVersion>;
  /** The newest version of a stage; null where none is in it. @throws SlipwayError `invalid_request` */
  findLatestInStage(model: string, stage: string): Promise<ModelVersion | null>;
}

export function markUseCases({ store, now, change }: Context): MarkUseCases {
  function changeVersion<T>(
    { model, version }: VersionRef,
    fn: (locked: RegistryStore, found: ModelVersion, tell: Tell) => Promise<T>,
  ): Promise<T> {
    return change(async (locked, tell) => {
      await lockModel(locked, model);
      return fn(locked, await requireLiving(locked, model, version), tell);
    });
  }

  return {
    describeVersion: (at, description) =>
      changeVersion(at, async (locked, found) => {
        const updatedAt = now();
        await locked.describeVersion(found, { description, now: updatedAt });
        return { ...found, description, updatedAt };
      }),

    listVersionTags: async ({ model, version }) => store.listVersionTags(await requireLiving(store, model, version)),

    async setVersionTag(at, tag) {
      checkTag(tag);
      await changeVersion(at, async (locked, version, tell) => {
        await locked.putVersionTag(version, tag);
        tell({ type: "version.tag.set", version, tag });
      });
    },

    async deleteVersionTag(at, key) {
      checkTagKey(key);
      await changeVersion(at, async (locked, version, tell) => {
        await locked.deleteVersionTag(version, key);
        tell({ type: "version.tag.deleted", version, key });
      });
    },

    async moveStage(at, { stage: named, archive }, author = null) {
      const stage = parseStage(named);
      if (archive && stage !== "Staging" && stage !== "Production") throw notActive(named);
      return changeVersion(at, async (locked, found, tell) => {
        const doing = { author, at: now() };
        const others = archive ? await locked.listInStage(at.model, stage) : [];
        for (const version of others)
          if (version.id !== found.id) await move(locked, { version, stage: "Archived", ...doing }, tell);
        const moved = await move(locked, { version: found, stage, ...doing }, tell);
        await locked.touchModel(at.model, doing.at);
        return moved;
      });
    },

    findLatestInStage: (model, stage) => store.findLatestInStage(model, parseStage(stage)),
  };
}

async function move(
  store: RegistryStore,
  { version, stage, author, at }: Doing & { readonly version: ModelVersion; readonly stage: Stage },
  tell: Tell,
): Promise<ModelVersion> {
  const { model, version: number, stage: from } = version;
  const moved = { ...version, stage, updatedAt: at };
  await store.moveStage(version, { stage, now: at });
  if (from === stage) return moved;
  await store.audit({
    at,
    actor: author,
    action: "stage.set",
    subject: `${model}@${number}`,
    details: { from, to: stage },
  });
  tell({ type: "stage.set", version: moved, from });
  return moved;
}

/** MLflow says the same, as an error of the server. */
function notActive(stage: string): SlipwayError {
  return new SlipwayError(
    "invalid_request",
    `Model version transition cannot archive existing model versions because '${stage}' is not an Active stage. ` +
      "Valid stages are ['Staging', 'Production']",
    { stage },
  );
}
