import { describe, expect, it } from '@jest/globals';
import { toPageRequest } from './index.js';

describe('toPageRequest', () => {
  it.each([
    [{}, { limit: 20, backward: false, cursor: null }],
    [
      { first: null, after: null, last: null, before: null },
      { limit: 20, backward: false, cursor: null },
    ],
    [{ first: 1 }, { limit: 1, backward: false, cursor: null }],
    [
      { first: 100, after: 'x' },
      { limit: 100, backward: false, cursor: 'x' },
    ],
    [{ after: 'x' }, { limit: 20, backward: false, cursor: 'x' }],
    [{ last: 5 }, { limit: 5, backward: true, cursor: null }],
    [
      { last: 5, before: 'x' },
      { limit: 5, backward: true, cursor: 'x' },
    ],
    [{ before: 'x' }, { limit: 20, backward: true, cursor: 'x' }],
  ])('reads %j', (args, request) => {
    expect(toPageRequest(args)).toEqual(request);
  });

  it.each([
    [{ first: 0 }, 'first'],
    [{ first: 101 }, 'first'],
    [{ last: 0 }, 'last'],
    [{ last: -1 }, 'last'],
    [{ first: 1, last: 1 }, 'last'],
    [{ first: 1, before: 'x' }, 'before'],
    [{ after: 'x', last: 1 }, 'last'],
    [{ after: 'x', before: 'y' }, 'before'],
  ])('refuses %j', (args, path) => {
    expect(() => toPageRequest(args)).toThrow(
      expect.objectContaining({
        code: 'BAD_USER_INPUT',
        details: { fields: [expect.objectContaining({ path })] },
      }),
    );
  });
});
