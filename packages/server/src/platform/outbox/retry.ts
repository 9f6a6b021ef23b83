const firstMs = 1_000;
const mostMs = 3_600_000;

/** Whether the same request may be taken later: the receiver is busy, failing or not yet there. A redirect is not followed. */
export function isRetryable(status: number): boolean {
  return status >= 500 || [401, 403, 404, 408, 425, 429].includes(status);
}

/**
 * Milliseconds until the next attempt: 1 s after the first, twice as long each time, an hour at most; longer where the receiver
 * asks for it, at most an hour.
 * @param attempts those before this one
 * @param retryAfter the header's text: seconds or a date
 */
export function retryDelay(attempts: number, retryAfter: string | null, now: number): number {
  const own = Math.min(mostMs, firstMs * 2 ** Math.min(attempts, 20));
  const asked =
    retryAfter === null ? 0 : /^\d+$/.test(retryAfter) ? Number(retryAfter) * 1_000 : Date.parse(retryAfter) - now;
  return Number.isFinite(asked) ? Math.min(mostMs, Math.max(own, asked)) : own;
}
