import type { RequestMark, Requests } from "../tracking/index.ts";
import type { RegisteredModel } from "./model.ts";
import type { ModelVersion } from "./model-version.ts";
import type { RegistryNews } from "./news.ts";
import { modelNotFound, versionNotFound } from "./registry-errors.ts";
import type { RegistryStore } from "./store.ts";

export type Tell = (news: RegistryNews) => void;

/** What the use cases work with. */
export interface Context {
  readonly store: RegistryStore;
  readonly requests: Requests;
  now(): number;
  /** What is told is emitted once it is committed. */
  change<T>(fn: (store: RegistryStore, tell: Tell) => Promise<T>): Promise<T>;
}

/** Who does something, and when. */
export interface Doing {
  readonly author: string | null;
  readonly at: number;
}

export async function requireModel(store: RegistryStore, name: string): Promise<RegisteredModel> {
  const model = await store.findModel(name);
  if (model) return model;
  throw await modelNotFound(store, name);
}

/** Keeps others from changing the model until the transaction ends. */
export async function lockModel(store: RegistryStore, name: string): Promise<void> {
  if (!(await store.lockLivingModel(name))) throw await modelNotFound(store, name);
}

export async function requireLiving(store: RegistryStore, model: string, version: number): Promise<ModelVersion> {
  const found = await store.findVersion(model, version);
  if (found?.deletedAt === null) return found;
  throw await versionNotFound(store, { model, version }, found);
}

/** Whether this was done for the same request, whose answer cannot have arrived. */
export function isSameRequest(
  mark: RequestMark,
  made: { readonly request: string | null; readonly instance: string | null; readonly createdAt: number },
): boolean {
  const isSame = made.request === mark.request && made.createdAt >= mark.since;
  return isSame && (mark.isRepeated || made.instance !== mark.instance);
}
