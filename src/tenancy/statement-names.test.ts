import { describe, expect, it } from '@jest/globals';
import { StatementNames } from './statement-names.js';

function askedFor(names: StatementNames, text: string, times: number) {
  return Array.from({ length: times }, () => names.nameOf(text)).at(-1);
}

describe('the name of a statement', () => {
  it('is given to what is asked for again and again, and stays', () => {
    const names = new StatementNames();
    expect(askedFor(names, 'SELECT 1', 2)).toBeUndefined();
    const name = names.nameOf('SELECT 1');
    expect(name).toBeDefined();
    expect(names.nameOf('SELECT 1')).toBe(name);
  });

  it('is never that of another statement', () => {
    const names = new StatementNames();
    const given = ['SELECT 1', 'SELECT 2', 'SELECT 3'].map((text) => askedFor(names, text, 3));
    expect(new Set(given).size).toBe(3);
  });

  it('is not given to more statements than a connection should keep', () => {
    const names = new StatementNames();
    const given = Array.from({ length: 1_000 }, (_, index) =>
      askedFor(names, `SELECT ${index}`, 5),
    );
    expect(new Set(given.filter((name) => name !== undefined)).size).toBe(200);
    expect(names.nameOf('SELECT 1')).toBe(given[1]);
  });
});
