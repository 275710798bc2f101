import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { NIL } from 'uuid';
import { OrderStore } from '../src/commerce/order/order.store.js';
import { PaymentStore } from '../src/commerce/payment/payment.store.js';
import { PaymentCommandStore } from '../src/commerce/payment/payment-command.store.js';
import { PaymentEventStore } from '../src/commerce/payment/payment-event.store.js';
import { LargeTenancy } from './support/statement-plans/large-tenancy.js';

let db: LargeTenancy;

beforeAll(async () => {
  db = await LargeTenancy.create();
}, 120_000);

afterAll(() => db?.close());

describe('the statements of payments', () => {
  it('find their keys in an index, and read no table in full', async () => {
    const [found] = await db.asSuperuser<{ id: string; orderId: string }>(
      `SELECT id, order_id AS "orderId" FROM payments WHERE org_id = $1 AND status = 'open' ORDER BY id LIMIT 1`,
      [db.large.orgId],
    );
    if (!found) throw new Error('There is no payment that is open');
    const { id, orderId } = found;
    const [payments, commands, events] = [
      new PaymentStore(),
      new PaymentCommandStore(),
      new PaymentEventStore(),
    ];
    const orders = new OrderStore();
    const event = {
      provider: 'local',
      eventId: 'x',
      kind: 'other',
      paymentId: id,
      occurredAt: new Date(),
    };
    const later = { reason: 'none', delayMs: 1 };
    const seen = await db.seenEach({
      'payments lock': (tx) => payments.findAndLock(tx, id),
      'payments of an order': (tx) => payments.ofOrder(tx, orderId),
      'payments by reference': (tx) => payments.findByReference(tx, 'local', 'local-1-1'),
      'payments compare': (tx) => payments.isSame(tx, id, Buffer.alloc(32)),
      'payments change': (tx) =>
        payments.change(tx, { id, reference: id, failure: null, problem: null } as never, {
          status: 'open',
        }),
      'commands add': (tx) => commands.add(tx, id, 'cancel'),
      'commands add anew': (tx) => commands.addAnew(tx, id, 'cancel'),
      'commands answered': (tx) => commands.answered(tx, id),
      'commands claim': (tx) =>
        commands.claim(tx, { limit: 4, leaseMs: 60_000, giveUpAfterMs: 60_000 }),
      'commands finish': (tx) => commands.finish(tx, id, ['authorize', 'capture']),
      'commands of a kind': (tx) => commands.isKnown(tx, id, 'refund'),
      'commands withdraw': (tx) => commands.withdraw(tx, id, 'capture'),
      'commands put off': (tx) => commands.putOff(tx, { id, attempts: 1 }, later),
      'events record': (tx) => events.record(tx, event),
      'orders lock': (tx) => orders.findAndLock(tx, orderId),
    });
    expect(seen).toEqual({ others: [], violations: '' });
  });

  it('look for organizations with due commands in the index of what waits alone', async () => {
    const plan = await db.planOfDirectory('organizations_with_due_commands', [
      { name: 'after', type: 'uuid', value: NIL },
    ]);
    expect(plan).toContain('using payment_commands_org_id_next_attempt_at_id_waiting_idx');
    expect(plan).not.toContain('Seq Scan');
  });
});
