import { describe, expect, it } from '@jest/globals';
import { metadataFault } from './metadata.validator.js';

const nested = (levels: number): object => (levels === 1 ? {} : { in: nested(levels - 1) });

describe('metadata', () => {
  it.each([
    [{}],
    [{ colour: 'red', sizes: [1, 2.5, null, true], '': { ü: '😀' } }],
    [nested(5)],
    [{ text: 'x'.repeat(9_989) }],
    [{ number: 1e300 }],
    [null],
    [undefined],
  ])('may be %j', (value) => {
    expect(metadataFault(value)).toBeNull();
  });

  it.each([
    ['no object', 'text', 'Must be a JSON object.'],
    ['a list', [], 'Must be a JSON object.'],
    ['nested too deep', nested(6), 'Must nest at most 5 deep.'],
    ['a list nested too deep', { a: [[[[[]]]]] }, 'Must nest at most 5 deep.'],
    ['too long', { text: 'x'.repeat(9_990) }, /at most 10000 bytes.*it has 10001/],
    ['too long in bytes', { text: 'é'.repeat(5_000) }, /at most 10000 bytes/],
    [
      'numbers that are long when written out',
      { a: Array(40).fill(1e-300) },
      /at most 10000 bytes/,
    ],
    ['a number that JSON cannot write', { a: [JSON.parse('1e999')] }, /beyond 1.8e308/],
    ['NUL in a text', { a: ['a\0b'] }, /NUL/],
    ['NUL in a name', { 'a\0': 1 }, /NUL/],
    ['half of a surrogate pair', { '\ud800': 1 }, /surrogate/],
  ])('may not be %s', (_what, value, fault) => {
    expect(metadataFault(value)).toMatch(fault);
  });

  it('is not walked through where it nests without end', () => {
    let value: object = {};
    for (let level = 0; level < 100_000; level++) value = { in: value };
    expect(metadataFault(value)).toBe('Must nest at most 5 deep.');
  });
});
