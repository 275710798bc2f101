import { setTimeout as delay } from 'node:timers/promises';

/**
 * Exponential backoff with full jitter, so that callers who failed together do not return together.
 * https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 *
 * @param attempt 0 for the wait before the first retry
 * @param baseMs longest wait before the first retry, in milliseconds; doubles from there
 */
export function backoff(attempt: number, baseMs: number, random: () => number = Math.random) {
  return delay(random() * baseMs * 2 ** attempt);
}
