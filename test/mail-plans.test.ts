import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { NIL } from 'uuid';
import { OutgoingMailStore } from '../src/mail/outgoing-mail.store.js';
import { newUuid } from '../src/shared/ids.js';
import { LargeTenancy } from './support/statement-plans/large-tenancy.js';

let db: LargeTenancy;

beforeAll(async () => {
  db = await LargeTenancy.create();
}, 120_000);

afterAll(() => db?.close());

describe('the statements of the outbox', () => {
  it('find their keys in an index, and read no table in full', async () => {
    const store = new OutgoingMailStore();
    const mail = { id: newUuid(), attempts: 1 } as never;
    const reason = 'none';
    const seen = await db.seenEach({
      add: (tx) => store.add(tx, newUuid(), Buffer.from('sealed')),
      claim: (tx) => store.claim(tx, { limit: 4, leaseMs: 60_000, giveUpAfterMs: 60_000 }),
      markSent: (tx) => store.markSent(tx, newUuid()),
      putOff: (tx) => store.putOff(tx, mail, { reason, delayMs: 1 }),
      giveUp: (tx) => store.giveUp(tx, mail, reason),
      forget: (tx) => store.forget(tx, 30 * 86_400_000),
    });
    expect(seen).toEqual({ others: [], violations: '' });
  });

  it('look for organizations with due mail in the index of what waits alone', async () => {
    const plan = await db.planOfDirectory('organizations_with_due_mail', [
      { name: 'after', type: 'uuid', value: NIL },
    ]);
    expect(plan).toContain('using outgoing_mails_org_id_next_attempt_at_id_waiting_idx');
    expect(plan).not.toContain('Seq Scan');
  });

  it('step from organization to organization in an index, looking for those with old mail', async () => {
    const plan = await db.planOfDirectory(
      'organizations_with_old_mail',
      [
        { name: 'after', type: 'uuid', value: NIL },
        { name: 'before', type: 'timestamptz', value: '-infinity' },
      ],
      'ANALYZE, COSTS OFF, TIMING OFF',
    );
    expect(plan).not.toMatch(/Seq Scan|Sort|Bitmap/);
    // Nothing is that old: it has looked at one mail of each of the organizations, and at no other.
    const read = [...plan.matchAll(/outgoing_mails.*\(actual rows=([\d.]+) loops=(\d+)\)/g)];
    expect(read).toHaveLength(2);
    for (const [, count] of read) expect(Number(count)).toBeLessThanOrEqual(1);
  });
});
