/** Records in groups whose JSON is not much longer than `bytes`, so that no request keeps the server busy for long. */
export function* inBatches<T>(items: readonly T[], bytes: number, most: number): Generator<readonly T[]> {
  let batch: T[] = [];
  let size = 0;
  for (const item of items) {
    const own = JSON.stringify(item).length;
    if (batch.length > 0 && (size + own > bytes || batch.length === most)) {
      yield batch;
      batch = [];
      size = 0;
    }
    batch.push(item);
    size += own;
  }
  if (batch.length > 0) yield batch;
}

/** Runs `work` for each item, so many at a time; ends at the first that fails. */
export async function eachOf<T>(
  items: AsyncIterable<T> | Iterable<T>,
  atOnce: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const running = new Set<Promise<void>>();
  let failed: { readonly error: unknown } | null = null;
  for await (const item of items) {
    if (failed !== null) break;
    const one = work(item).then(
      () => void running.delete(one),
      (error: unknown) => {
        failed ??= { error };
        running.delete(one);
      },
    );
    running.add(one);
    if (running.size >= atOnce) await Promise.race(running);
  }
  await Promise.all(running);
  if (failed !== null) throw (failed as { readonly error: unknown }).error;
}
