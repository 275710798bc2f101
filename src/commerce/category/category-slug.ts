/** In characters, as sql/40-constraints.sql has it. */
export const LONGEST_SLUG = 120;

/** For a name of which no letter can stand in an address. */
const NAMELESS = 'category';

/** Letters that stand by themselves in Unicode, and have no accent to leave out. */
const SPELLED: Readonly<Record<string, string>> = {
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  ł: 'l',
  đ: 'd',
  ð: 'd',
  þ: 'th',
  ı: 'i',
};

/** A slug that says what a name says: `Küche & Bad` is `kuche-bad`. */
export function slugOf(name: string): string {
  const plain = name
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/\p{M}/gu, '')
    .replaceAll(/[ßæœøłđðþı]/g, (letter) => SPELLED[letter] ?? '')
    .replaceAll(/[^a-z0-9]+/g, '-');
  return cut(plain.replace(/^-/, ''), LONGEST_SLUG) || NAMELESS;
}

/** How many are looked at first. Where all are taken, ten times as many are. */
const FIRST_LOOK = 5;

/**
 * The slug itself, or the first with a number behind it that is free: `shoes`, `shoes-2`, `shoes-3`.
 *
 * @param findTaken of some slugs, those that are taken
 */
export async function firstFree(
  slug: string,
  findTaken: (slugs: string[]) => Promise<string[]>,
): Promise<string> {
  for (let first = 1, count = FIRST_LOOK; ; first += count, count *= 10) {
    const candidates = Array.from({ length: count }, (_, index) => numbered(slug, first + index));
    const taken = new Set(await findTaken(candidates));
    const free = candidates.find((each) => !taken.has(each));
    if (free !== undefined) return free;
  }
}

function numbered(slug: string, number: number): string {
  if (number === 1) return slug;
  const suffix = `-${number}`;
  return cut(slug, LONGEST_SLUG - suffix.length) + suffix;
}

function cut(slug: string, length: number): string {
  return slug.slice(0, length).replace(/-$/, '');
}
