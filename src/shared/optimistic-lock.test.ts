import { describe, expect, it } from '@jest/globals';
import { retryConflicts, staleOrMissing } from './optimistic-lock.js';

describe('retryConflicts', () => {
  it('stops at the first attempt that succeeds', async () => {
    const lasts: boolean[] = [];
    const row = await retryConflicts(async (last) => {
      lasts.push(last);
      return lasts.length === 3 ? 'written' : null;
    });
    expect(row).toBe('written');
    expect(lasts).toEqual([false, false, false]);
  });

  it('retries 5 times, and says which attempt is the last', async () => {
    const lasts: boolean[] = [];
    const row = await retryConflicts(async (last) => {
      lasts.push(last);
      return null;
    });
    expect(row).toBeNull();
    expect(lasts).toEqual([false, false, false, false, false, true]);
  });

  it('does not retry what fails for another reason', async () => {
    let attempts = 0;
    const failing = retryConflicts(async () => {
      attempts++;
      throw new Error('gone');
    });
    await expect(failing).rejects.toThrow('gone');
    expect(attempts).toBe(1);
  });
});

describe('staleOrMissing', () => {
  const live = { version: 3, deletedAt: null };
  const deleted = { version: 4, deletedAt: new Date(0) };
  const present = ({ version }: { version: number }) => ({ shown: version });

  it.each([
    ['a row that is not there', null, false],
    ['a deleted row, for an update', deleted, false],
    ['a row that is not deleted, for a restore', live, true],
  ])('does not find %s', (_what, row, wantsDeleted) => {
    expect(staleOrMissing('task_1', row, wantsDeleted, present)).toMatchObject({
      code: 'NOT_FOUND',
      details: { id: 'task_1' },
    });
  });

  it.each([
    [live, false],
    [deleted, true],
  ])('shows a row that has moved on: %p', (row, wantsDeleted) => {
    expect(staleOrMissing('task_1', row, wantsDeleted, present)).toMatchObject({
      code: 'VERSION_CONFLICT',
      details: { currentVersion: row.version, current: { shown: row.version } },
    });
  });
});
