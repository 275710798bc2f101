import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { differences } from './differences.ts';

describe('differences', () => {
  it('finds none between equal values, whatever the order of their keys', () => {
    assert.deepEqual(differences({ a: [1, { b: null }], c: 2 }, { c: 2, a: [1, { b: null }] }), []);
  });

  it('tells where, what was expected and what was there', () => {
    assert.deepEqual(differences({ tasks: [{ title: 'A' }] }, { tasks: [{ title: 'B' }] }), [
      '.tasks.0.title: expected "A", got "B"',
    ]);
  });

  it('notices what is missing and what is too much', () => {
    assert.deepEqual(differences([1, 2], [1]), ['.1: expected 2, got nothing']);
    assert.deepEqual(differences({}, { a: 1 }), ['.a: expected nothing, got 1']);
  });

  it('tells an empty list from null and from an empty object', () => {
    assert.equal(differences([], null).length, 1);
    assert.equal(differences([], {}).length, 1);
  });

  it('stops after a handful', () => {
    assert.equal(differences([1, 2, 3, 4, 5, 6, 7], []).at(-1), '… 2 more');
  });
});
