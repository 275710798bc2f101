import { describe, expect, it } from '@jest/globals';
import { momentFault } from './date.validator.js';
import { textFault } from './text.validator.js';

describe('textFault', () => {
  const rules = { min: 2, max: 4 };

  it.each([
    ['of the least length', 'ab'],
    ['of the greatest length', 'abcd'],
    ['of the greatest length in characters, which is more in UTF-16', '🏠🏠🏠🏠'],
    ['with blanks around it', ' a '],
    ['that is not there', undefined],
    ['that is null', null],
  ])('finds nothing in text %s', (_what, text) => {
    expect(textFault(text, rules)).toBeNull();
  });

  it.each([
    ['too short', 'a', 'at least 2'],
    ['too short in characters', '🏠', 'at least 2'],
    ['too long', 'abcde', 'at most 4 characters; it has 5'],
    ['empty', '', 'empty'],
    ['blank', '   ', 'empty'],
    ['blank to people, if not to ASCII', '\u00a0\u2003', 'empty'],
    ['with NUL', 'a\0b', 'NUL'],
    ['with the first half of a surrogate pair', 'a\ud83c', 'surrogate'],
    ['with halves in the wrong order', '\udfe0\ud83c', 'surrogate'],
    ['no text', 12, 'text'],
  ])('tells when it is %s', (_fault, text, message) => {
    expect(textFault(text, rules)).toContain(message);
  });

  it('lets text be empty where no least length is asked for', () => {
    expect(textFault('', { max: 4 })).toBeNull();
    expect(textFault('  ', { max: 4 })).toBeNull();
  });
});

describe('momentFault', () => {
  it.each(['1900-01-01T00:00:00.000Z', '9999-12-31T23:59:59.999Z'])('takes %s', (date) => {
    expect(momentFault(new Date(date))).toBeNull();
  });

  it.each([
    ['a millisecond before 1900', new Date('1899-12-31T23:59:59.999Z')],
    ['the year 10000', new Date('+010000-01-01T00:00:00.000Z')],
    ['no date at all', new Date(Number.NaN)],
    ['text', '2025-01-01'],
  ])('refuses %s', (_fault, value) => {
    expect(momentFault(value)).toContain('1900 to 9999');
  });

  it('has nothing to say about what is not there', () => {
    expect([momentFault(null), momentFault(undefined)]).toEqual([null, null]);
  });
});
