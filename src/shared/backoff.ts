import { setTimeout as delay } from 'node:timers/promises';

/**
 * Exponential backoff with full jitter, so that callers who failed together do not return together.
 * https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 *
 * @param attempt 0 for the wait before the first retry
 * @param baseMs longest wait before the first retry, in milliseconds; doubles from there
 */
export function backoff(attempt: number, baseMs: number, random: () => number = Math.random) {
  return delay(backoffMs(attempt, { baseMs, random }));
}

export interface BackoffOptions {
  /** Longest wait before the first retry; doubles from there. */
  baseMs: number;
  /** Longest wait of all. */
  longestMs?: number;
  random?: () => number;
}

/** How long `backoff` waits, in milliseconds, for who waits elsewhere. */
export function backoffMs(
  attempt: number,
  { baseMs, longestMs = Number.POSITIVE_INFINITY, random = Math.random }: BackoffOptions,
): number {
  return random() * Math.min(baseMs * 2 ** attempt, longestMs);
}
