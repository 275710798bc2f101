import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parseLoadScale, SeedError, seedLoad } from '../src/seed/index.js';
import {
  closePlace,
  everythingIn,
  expectTimedIds,
  LATER,
  openPlace,
  type Place,
  rowsIn,
  TODAY,
} from './support/seeded-place.js';

describe('load data', () => {
  let place: Place;

  beforeAll(async () => {
    place = await openPlace();
  });
  afterAll(() => closePlace(place));

  it('has the size that was asked for, and tells how far it is', async () => {
    const progress: string[] = [];
    const result = await seedLoad(place.tenancy, {
      scale: { organizations: 3, tasks: 700 },
      clock: TODAY,
      onProgress: (done, total) => progress.push(`${done}/${total}`),
    });
    expect(result).toEqual({ made: 3, found: 0 });
    expect(progress).toEqual(['1/3', '2/3', '3/3']);
    expect(
      await rowsIn(
        place,
        `SELECT slug, count(*)::int AS tasks, count(DISTINCT project_id)::int AS projects,
           count(DISTINCT assignee_id)::int AS assignees, count(DISTINCT status)::int AS states,
           count(DISTINCT priority)::int AS priorities
         FROM tasks JOIN organizations o ON o.id = org_id GROUP BY slug ORDER BY slug`,
      ),
    ).toEqual(
      ['load-001', 'load-002', 'load-003'].map((slug) => ({
        slug,
        tasks: 700,
        projects: 7,
        assignees: 4,
        states: 3,
        priorities: 5,
      })),
    );
  });

  it('is believable: titles differ, some are overdue, unassigned, without a due date or a description', async () => {
    const [shares] = await rowsIn(
      place,
      `SELECT count(DISTINCT title) = count(DISTINCT (org_id, title)) / 3 AS by_organization,
         avg((assignee_id IS NULL)::int)::real AS unassigned, avg((due_at IS NULL)::int)::real AS undated,
         avg((due_at < '2026-11-21T10:30Z' AND NOT completed)::int)::real AS overdue,
         avg((description = '')::int)::real AS silent
       FROM tasks`,
    );
    for (const name of ['unassigned', 'undated', 'overdue', 'silent']) {
      expect(shares[name]).toBeGreaterThan(0.05);
      expect(shares[name]).toBeLessThan(0.5);
    }
  });

  it('has ids of version 7, which sort as their rows were made', () => expectTimedIds(place));

  it('grows when more is asked for, and leaves what is there alone', async () => {
    const before = await everythingIn(place);
    const again = { scale: { organizations: 3, tasks: 700 }, clock: LATER };
    expect(await seedLoad(place.tenancy, again)).toEqual({ made: 0, found: 3 });
    expect(await everythingIn(place)).toEqual(before);
    const more = { scale: { organizations: 4, tasks: 1 }, clock: TODAY };
    expect(await seedLoad(place.tenancy, more)).toEqual({ made: 1, found: 3 });
    expect(await rowsIn(place, 'SELECT count(*)::int AS count FROM tasks')).toEqual([
      { count: 2101 },
    ]);
  });

  it('splits many tasks into several statements', async () => {
    const other = await openPlace();
    try {
      await seedLoad(other.tenancy, { scale: { organizations: 1, tasks: 10_001 } });
      expect(await rowsIn(other, 'SELECT count(*)::int AS count FROM tasks')).toEqual([
        { count: 10_001 },
      ]);
    } finally {
      await closePlace(other);
    }
  });

  it('is the same everywhere', async () => {
    const other = await openPlace();
    try {
      await seedLoad(other.tenancy, { scale: { organizations: 1, tasks: 700 }, clock: TODAY });
      const first =
        "SELECT to_jsonb(tasks) AS task FROM tasks WHERE org_id = (SELECT id FROM organizations WHERE slug = 'load-001') ORDER BY id";
      expect(await rowsIn(other, first)).toEqual(await rowsIn(place, first));
    } finally {
      await closePlace(other);
    }
  });
});

describe('the size of load data', () => {
  it('is organizations by tasks', () => {
    expect(parseLoadScale('100x2000')).toEqual({ organizations: 100, tasks: 2000 });
    expect(parseLoadScale(' 1X1 ')).toEqual({ organizations: 1, tasks: 1 });
  });

  it.each([
    ['many', /is no size/],
    ['', /is no size/],
    ['100', /is no size/],
    ['3x-1', /is no size/],
    ['1.5x2', /is no size/],
    ['2x3x4', /is no size/],
    ['0x5', /0 organizations cannot be made; it takes 1 to 10,000/],
    ['5x0', /0 tasks in each organization/],
    ['20000x1', /20,000 organizations cannot be made/],
    ['1x200000', /200,000 tasks in each organization cannot be made/],
    ['10000x100000', /makes 1,000,000,000 tasks; 10,000,000 in all is the most/],
  ])('is not "%s"', (text, message) => {
    expect(() => parseLoadScale(text)).toThrow(SeedError);
    expect(() => parseLoadScale(text)).toThrow(message);
  });
});
