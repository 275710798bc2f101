import type { Money } from './money.js';

/**
 * A sum divided, in whole minor units. What is left is rounded to the nearest, and a half to the even one, so that many
 * means are not too high on the whole.
 *
 * @param count how many the sum is of
 * @returns null for the mean of nothing
 */
export function meanOf({ amount, currency }: Money, count: number): Money | null {
  if (count === 0) return null;
  const [sum, by] = [BigInt(amount), BigInt(count)];
  const sign = sum < 0n ? -1n : 1n;
  const size = sign * sum;
  const whole = size / by;
  const rest = 2n * (size % by);
  const isUp = rest > by || (rest === by && whole % 2n === 1n);
  return { amount: Number(sign * (isUp ? whole + 1n : whole)), currency };
}
