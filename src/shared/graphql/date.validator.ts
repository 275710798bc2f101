import { faultRule } from './fault-rule.js';

const EARLIEST = Date.UTC(1900, 0, 1);
const LATEST = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

/** A moment that a calendar can show: 1900 to 9999. Undefined and null pass. */
export function Moment(): PropertyDecorator {
  return faultRule('moment', momentFault);
}

/** What is wrong with `value`, as a sentence; null when nothing is. */
export function momentFault(value: unknown): string | null {
  if (value == null) return null;
  const time = value instanceof Date ? value.getTime() : Number.NaN;
  return time >= EARLIEST && time <= LATEST ? null : 'Must be a date from the year 1900 to 9999.';
}
