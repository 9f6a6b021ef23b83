/**
 * News travels upward: the lower capability owns an Events, `app.ts` connects it. Events are hints;
 * whoever must not miss anything reads the Feed or SQL.
 */
export interface Events<T> {
  on(listener: (news: T) => void): () => void;
  emit(news: T): void;
}

export function createEvents<T>(onError: (error: unknown) => void = () => {}): Events<T> {
  const listeners = new Set<(news: T) => void>();
  return {
    on(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    emit(news) {
      for (const listener of listeners) {
        try {
          listener(news);
        } catch (error) {
          onError(error);
        }
      }
    },
  };
}
