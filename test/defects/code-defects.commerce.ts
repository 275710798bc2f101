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
];
