import { describe, expect, it } from '@jest/globals';
import { timeZoneFault } from './time-zone.validator.js';

describe('a time zone', () => {
  it.each([
    ...['UTC', 'Europe/Berlin', 'Asia/Kathmandu', 'Asia/Katmandu', 'America/St_Johns'],
    ...['Pacific/Kiritimati', 'America/Argentina/Buenos_Aires', 'Etc/GMT+5', undefined, null],
  ])('may be %j', (name) => {
    expect(timeZoneFault(name)).toBeNull();
  });

  it.each([
    '',
    '+05:30',
    'UTC+5',
    'Europe/Nowhere',
    'Europe/Berlin\n',
    'FOO+5',
    5,
    '../posixrules',
  ])('may not be %j', (name) => {
    expect(timeZoneFault(name)).toContain('such as Europe/Berlin');
  });
});
