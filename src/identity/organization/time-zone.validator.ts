import { faultRule } from '../../shared/graphql/index.js';

/** As sql/40-constraints.sql has it: a name, and no offset such as +05:30. */
const NAME = /^[A-Za-z][A-Za-z0-9_+-]*(\/[A-Za-z0-9_+-]+)*$/;
const LONGEST = 64;

/** A time zone of the IANA database. Undefined and null pass. */
export function TimeZone(): PropertyDecorator {
  return faultRule('timeZone', timeZoneFault);
}

/** What is wrong with `value` as a time zone, as a sentence; null when nothing is. */
export function timeZoneFault(value: unknown): string | null {
  if (value == null) return null;
  return typeof value === 'string' && value.length <= LONGEST && NAME.test(value) && isKnown(value)
    ? null
    : 'Must be the name of a time zone in the IANA database, such as Europe/Berlin.';
}

/** `Intl.supportedValuesOf('timeZone')` would leave out UTC, and all but one of the names that a zone has. */
function isKnown(timeZone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone });
    return true;
  } catch {
    return false;
  }
}
