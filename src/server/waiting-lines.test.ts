import { describe, expect, it } from '@jest/globals';
import { type Place, WaitingLines } from './waiting-lines.js';

const placeIn = (lines: WaitingLines, owner: string): Place => ({
  line: lines.open(owner),
  since: 0,
  size: 1,
  settle: () => undefined,
});

describe('waiting lines', () => {
  it('remember nothing of an organization of which nothing waits or runs', () => {
    const lines = new WaitingLines();
    const [served, gone] = [placeIn(lines, 'served'), placeIn(lines, 'gone')];
    lines.add(served);
    lines.add(gone);
    lines.remove(gone);
    expect(lines.find('gone')).toBeUndefined();
    expect(lines.next(() => 1)).toBe(served.line);
    lines.take(served);
    expect(lines.find('served')).toBe(served.line);
    lines.end(served.line);
    expect(lines.find('served')).toBeUndefined();
    expect(lines).toMatchObject({ count: 0, size: 0, busyLines: 0 });
  });

  it('take out a request that has left already once, and no other', () => {
    const lines = new WaitingLines();
    const [first, second] = [placeIn(lines, 'a'), placeIn(lines, 'a')];
    lines.add(first);
    lines.add(second);
    expect(lines.remove(first)).toBe(true);
    expect(lines.remove(first)).toBe(false);
    expect(lines).toMatchObject({ count: 1, size: 1, oldest: second });
  });
});
