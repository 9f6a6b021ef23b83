import type { Page } from "../kernel/page.ts";
import type { EndpointRevision, Target } from "./endpoint.ts";
import type { EndpointStore } from "./store.ts";

/** What an endpoint without traffic served last. */
export async function findLastTarget(store: EndpointStore, name: string): Promise<Target | null> {
  let cursor: string | null = null;
  do {
    const page: Page<EndpointRevision> = await store.listRevisions(name, { limit: 100, cursor });
    const found = page.items.find(({ spec }) => spec.target);
    if (found) return found.spec.target;
    cursor = page.next;
  } while (cursor !== null);
  return null;
}
