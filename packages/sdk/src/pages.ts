/** One page of a list; `next` is the cursor of the following page, null on the last. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly next: string | null;
}

export interface PageOptions {
  /** Items a page, 1 to 1000; the server's default is 50. */
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
}

/** Every item of a list, page after page, asking for a page only when it is needed. */
export async function* iteratePages<T>(
  load: (cursor: string | undefined) => Promise<Page<T>>,
): AsyncGenerator<T, void, undefined> {
  let cursor: string | undefined;
  do {
    const page = await load(cursor);
    yield* page.items;
    cursor = page.next ?? undefined;
  } while (cursor !== undefined);
}
