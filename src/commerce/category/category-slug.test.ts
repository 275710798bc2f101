import { describe, expect, it } from '@jest/globals';
import { firstFree, LONGEST_SLUG, slugOf } from './category-slug.js';

describe('slugOf', () => {
  it.each([
    ['Garden tools', 'garden-tools'],
    ['  Küche & Bad!  ', 'kuche-bad'],
    ['Øl, Straße und Œuvre', 'ol-strasse-und-oeuvre'],
    ['ＦＵＬＬ Ⅷ ﬁt', 'full-viii-fit'],
    ['İstanbul', 'istanbul'],
    ['--', 'category'],
    ['Обувь', 'category'],
    ['🎁', 'category'],
    [`${'x'.repeat(LONGEST_SLUG - 1)} y`, 'x'.repeat(LONGEST_SLUG - 1)],
  ])('makes %j to %s', (name, slug) => {
    expect(slugOf(name)).toBe(slug);
  });

  it('makes nothing that the table would refuse', () => {
    for (const name of ['a--b', '-a-', 'ﬀ', '½', 'ſ', 'K', 'a\u0301\u200d-', 'x'.repeat(120)]) {
      expect(slugOf(name)).toMatch(/^[a-z0-9](-?[a-z0-9])*$/);
    }
  });
});

describe('firstFree', () => {
  const among = (taken: string[]) => async (slugs: string[]) =>
    slugs.filter((slug) => taken.includes(slug));
  const numbers = (from: number, to: number) =>
    Array.from({ length: to - from + 1 }, (_, index) => `shoes-${from + index}`);

  it.each([
    [[], 'shoes'],
    [['shoes'], 'shoes-2'],
    [['shoes', 'shoes-3'], 'shoes-2'],
    [['shoes', ...numbers(2, 5)], 'shoes-6'],
    [['shoes', ...numbers(2, 700)], 'shoes-701'],
  ])('gives the slug itself or the first number', async (taken, free) => {
    expect(await firstFree('shoes', among(taken))).toBe(free);
  });

  it('stays as short as a slug may be', async () => {
    const long = `${'x'.repeat(LONGEST_SLUG - 3)}-yz`;
    const free = await firstFree(long, among([long]));
    expect(free).toBe(`${'x'.repeat(LONGEST_SLUG - 3)}-2`);
    expect(free.length).toBeLessThanOrEqual(LONGEST_SLUG);
  });
});
