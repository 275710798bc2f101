import { badField } from '../../shared/errors.js';

/** Days of the organization's time zone, both ends included, as `2026-03-29`. */
export interface DayRange {
  readonly from: string;
  readonly to: string;
}

/** Some days of a range that are summed up. */
export interface Bucket {
  /** The first day of the week, month, quarter or year; it may lie before the range. */
  readonly start: string;
  /** Those of its days that are in the range. */
  readonly days: DayRange;
}

export enum SalesInterval {
  DAY = 'day',
  WEEK = 'week',
  MONTH = 'month',
  QUARTER = 'quarter',
  YEAR = 'year',
}

const DAY_MS = 86_400_000;
/** Ten years, with their leap days. */
const MOST_DAYS = 3_653;

/** @throws BAD_USER_INPUT for a range that ends before it begins, or is too long */
export function requireRange({ from, to }: DayRange): DayRange {
  const days = (timeOf(to) - timeOf(from)) / DAY_MS + 1;
  if (days < 1) throw badField('range.to', 'Must not be before range.from.');
  if (days > MOST_DAYS) throw badField('range.to', 'A range has at most 3,653 days.');
  return { from, to };
}

/** The range cut into buckets; all of it is one without an interval. */
export function bucketsOf(range: DayRange, interval: SalesInterval | null): Bucket[] {
  if (interval === null) return [{ start: range.from, days: range }];
  const last = timeOf(range.to);
  const buckets: Bucket[] = [];
  let start = startOf(timeOf(range.from), interval);
  while (start <= last) {
    const next = nextStart(start, interval);
    const from = Math.max(start, timeOf(range.from));
    const to = Math.min(next - DAY_MS, last);
    buckets.push({ start: dayOf(start), days: { from: dayOf(from), to: dayOf(to) } });
    start = next;
  }
  return buckets;
}

/** Days are counted as those of UTC, all of which have 24 hours: when they begin is not asked here. */
function startOf(time: number, interval: SalesInterval): number {
  const day = new Date(time);
  const [year, month] = [day.getUTCFullYear(), day.getUTCMonth()];
  switch (interval) {
    case SalesInterval.DAY:
      return time;
    // Of ISO 8601: a week begins on Monday.
    case SalesInterval.WEEK:
      return time - ((day.getUTCDay() + 6) % 7) * DAY_MS;
    case SalesInterval.MONTH:
      return Date.UTC(year, month);
    case SalesInterval.QUARTER:
      return Date.UTC(year, month - (month % 3));
    case SalesInterval.YEAR:
      return Date.UTC(year, 0);
  }
}

function nextStart(start: number, interval: SalesInterval): number {
  const day = new Date(start);
  const [year, month] = [day.getUTCFullYear(), day.getUTCMonth()];
  switch (interval) {
    case SalesInterval.DAY:
      return start + DAY_MS;
    case SalesInterval.WEEK:
      return start + 7 * DAY_MS;
    case SalesInterval.MONTH:
      return Date.UTC(year, month + 1);
    case SalesInterval.QUARTER:
      return Date.UTC(year, month + 3);
    case SalesInterval.YEAR:
      return Date.UTC(year + 1, 0);
  }
}

function timeOf(day: string): number {
  return Date.parse(`${day}T00:00:00Z`);
}

function dayOf(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}
