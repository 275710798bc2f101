import type { CodeDefect } from './defect.js';

/** Holes in what keeps buyers from each other. */
export const COMMERCE_DEFECTS: readonly CodeDefect[] = [
  {
    name: 'an order does not take what its own cart has reserved',
    changes: [
      {
        file: 'src/commerce/order/place-order.service.ts',
        from: '    actorId,\n    cartId,\n  }));',
        to: '    actorId,\n  }));',
      },
    ],
    tryFirst: { files: ['test/commerce-guest-checkout.test.ts'], tests: 'the last units' },
  },
  {
    name: "customers and guests cancel others' orders",
    pitfall: 31,
    changes: [
      {
        file: 'src/commerce/order/order.service.ts',
        from: '      if (!isOwn) throw notFound(input.id);\n',
        to: '',
      },
      {
        file: 'src/commerce/order/order.store.ts',
        from: '!tx.tenant.isShopper || (await',
        to: 'tx.tenant.isShopper || (await',
      },
    ],
    tryFirst: { files: ['test/isolation-attacks.test.ts'], tests: 'as a guest' },
  },
  {
    name: 'customers and guests are told of orders that are not theirs to pay',
    pitfall: 31,
    changes: [
      {
        file: 'src/commerce/payment/payment.service.ts',
        from: '(!isOwn && isShopper(ctx))',
        to: "(!isOwn && isShopper(ctx) && order.id === '')",
      },
      {
        file: 'src/commerce/order/order.store.ts',
        from: '!tx.tenant.isShopper || (await',
        to: 'tx.tenant.isShopper || (await',
      },
    ],
    tryFirst: { files: ['test/isolation-attacks.test.ts'], tests: 'as a guest' },
  },
  {
    name: 'an order is cancelled for not being paid while it is',
    changes: [
      {
        file: 'src/commerce/order/unpaid-orders.ts',
        from: 'if (all.some(({ status }) => UNDER_WAY.includes(status))) return;',
        to: 'if (all.some(({ status }) => status === UNDER_WAY.join())) return;',
      },
    ],
    tryFirst: {
      files: ['test/commerce-unpaid-orders.test.ts'],
      tests: 'while a payment is under way',
    },
  },
  {
    name: 'what is cancelled comes back into stock twice',
    changes: [
      {
        file: 'src/commerce/order/order-moves.ts',
        from: 'if (returnsStock) await this.#returnStock(tx, row, actorId);',
        to: 'for (const _ of [1, 2]) if (returnsStock) await this.#returnStock(tx, row, actorId);',
      },
    ],
    tryFirst: { files: ['test/isolation-programs.test.ts'] },
  },
];
