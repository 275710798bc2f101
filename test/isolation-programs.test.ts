import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { programs } from './support/programs/arbitraries.js';
import { ORGANIZATIONS } from './support/programs/program.js';
import {
  closePlace,
  createPlace,
  type Place,
  runAlone,
  runTogether,
} from './support/programs/run.js';
import { RUN_OPTIONS, TIME_LIMIT_MS } from './support/programs/run-options.js';

const places: Place[] = [];

/** By the organization that is alone in it. */
let alone: Place[];

async function open(connections: number, numbers: readonly number[]): Promise<Place> {
  const place = await createPlace(connections, numbers);
  places.push(place);
  return place;
}

beforeAll(async () => {
  alone = await Promise.all(ORGANIZATIONS.map((_, number) => open(1, [number])));
});

afterAll(async () => {
  await Promise.all(places.map(closePlace));
});

describe.each([1, 2])('a random program of 3 organizations on a pool of %d', (connections) => {
  it(
    'gives each of them what it would get alone',
    async () => {
      const together = await open(connections, [...ORGANIZATIONS.keys()]);
      const property = fc.asyncProperty(programs, async (program) => {
        const { results, foreign, faults } = await runTogether(together, program);
        expect(faults).toEqual([]);
        const expected = await Promise.all(alone.map((place) => runAlone(place, program, foreign)));
        for (const [number, result] of results) expect(result).toEqual(expected[number]);
      });
      await fc.assert(property, RUN_OPTIONS);
    },
    2 * TIME_LIMIT_MS,
  );
});
