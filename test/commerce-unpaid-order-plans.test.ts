import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { NIL } from 'uuid';
import { UnpaidOrderStore } from '../src/commerce/order/unpaid-order.store.js';
import { PaymentStore } from '../src/commerce/payment/payment.store.js';
import { LargeTenancy } from './support/statement-plans/large-tenancy.js';

let db: LargeTenancy;

beforeAll(async () => {
  db = await LargeTenancy.create();
}, 120_000);

afterAll(() => db?.close());

describe('the statements that cancel what nobody pays', () => {
  it('find their keys in an index, and read no table in full', async () => {
    const [orders, payments] = [new UnpaidOrderStore(), new PaymentStore()];
    const of = { before: new Date(), after: null, limit: 20 };
    const [first, second] = await db.tenancy.withTenant(db.large.tenant, 'read', (tx) =>
      orders.find(tx, of),
    );
    if (!first || !second) throw new Error('There are no orders that are pending');
    const seen = await db.seenEach({
      'the first': (tx) => orders.find(tx, of),
      'those behind it': async (tx) => {
        expect((await orders.find(tx, { ...of, after: first }))[0]).toEqual(second);
      },
      lock: (tx) => orders.lockIfFree(tx, first.id),
      payments: (tx) => payments.ofOrder(tx, first.id),
    });
    expect(seen).toEqual({ others: [], violations: '' });
  });

  it('step from organization to organization in the index of what is not paid alone', async () => {
    const plan = await db.planOfDirectory(
      'organizations_with_unpaid_orders',
      [
        { name: 'after', type: 'uuid', value: NIL },
        { name: 'before', type: 'timestamptz', value: '-infinity' },
      ],
      'ANALYZE, COSTS OFF, TIMING OFF',
    );
    expect(plan).not.toMatch(/Seq Scan|Sort|Bitmap/);
    // Nothing is that old: it has looked at one order of each of the organizations, and at no other.
    const read = [
      ...plan.matchAll(
        /using orders_org_id_placed_at_id_pending_idx.*\(actual rows=([\d.]+) loops=(\d+)\)/g,
      ),
    ];
    expect(read).toHaveLength(2);
    for (const [, count] of read) expect(Number(count)).toBeLessThanOrEqual(1);
  });
});
