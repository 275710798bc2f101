import fc from 'fast-check';
import { ADDRESS } from '../filled-cart.js';
import {
  field,
  list,
  locked,
  lockedWith,
  optional,
  orderBy,
  page,
  queryOf,
  row,
  text,
  words,
} from './pieces.js';
import { type Actor, SHOPPERS, type Step } from './step.js';

const product = row('prod');
const order = row('order');

export const shopper = fc.constantFrom<Actor>(...SHOPPERS);

/** The same in every organization, and in few words, so that they meet. */
const sku = fc.constantFrom('alpha', 'beta', 'gamma', 'delta', 'epsilon', 'zeta');
const key = fc.constantFrom('first', 'second', 'third');
const price = fc.constantFrom(0, 100, 250).map((amount) => ({ amount, currency: 'EUR' }));
const colour = fc.constantFrom('red', 'blue').map((chosen) => ({ colour: chosen }));
const units = fc.integer({ min: 1, max: 4 });

const productFilter = optional(
  fc.oneof(
    fc.record({ text: words }),
    fc.record({ inStock: fc.boolean() }),
    fc.record({ active: fc.boolean() }),
    fc.record({ deleted: fc.boolean() }),
    fc.record({ metadata: colour }),
    fc.record({ categoryId: row('cat') }),
    fc.record({ price: fc.constant({ currency: 'EUR', min: 100, max: 200 }) }),
  ),
);
const orderStatus = fc.constantFrom('PENDING', 'PAID', 'CANCELLED');
const orderFilter = optional(
  fc.oneof(
    fc.record({ status: fc.array(orderStatus, { maxLength: 2 }) }),
    fc.record({ customerId: row('user') }),
    fc.record({ number: fc.integer({ min: 1, max: 3 }) }),
  ),
);
const movementFilter = optional(fc.record({ productId: product }));

const productOrder = orderBy('CREATED_AT', 'NAME', 'PRICE', 'BEST_SELLING');
const nothing = fc.constant({});

export const shopQuery = fc.oneof(
  { weight: 3, arbitrary: queryOf('products', list(productOrder, productFilter)) },
  { weight: 1, arbitrary: queryOf('product', fc.record({ id: product })) },
  { weight: 1, arbitrary: queryOf('productBySku', fc.record({ sku })) },
  { weight: 1, arbitrary: queryOf('productFacets', fc.record({ filter: productFilter })) },
  { weight: 3, arbitrary: queryOf('cart', nothing) },
  { weight: 3, arbitrary: queryOf('orders', list(orderBy('PLACED_AT', 'NUMBER'), orderFilter)) },
  { weight: 1, arbitrary: queryOf('order', fc.record({ id: order })) },
  { weight: 1, arbitrary: queryOf('payment', fc.record({ id: row('pay') })) },
  {
    weight: 2,
    arbitrary: queryOf(
      'stock',
      fc.tuple(page, movementFilter).map(([at, filter]) => ({ ...at, filter })),
    ),
  },
  { weight: 1, arbitrary: queryOf('sales', nothing) },
);

const ofProduct = { categoryId: row('cat'), description: words, metadata: colour };

/** What is for sale, and how much of it there is. */
const catalogChange = fc.oneof(
  field(
    'createProduct',
    fc.record(
      { ...ofProduct, sku, name: text, price, initialStock: units, lowStockThreshold: units },
      { requiredKeys: ['sku', 'name', 'price'] },
    ),
  ),
  field(
    'updateProduct',
    lockedWith(
      'prod',
      fc.record(
        { ...ofProduct, sku, name: text, price, active: fc.boolean() },
        { requiredKeys: [] },
      ),
    ),
  ),
  field('deleteProduct', locked('prod')),
  field('restoreProduct', locked('prod')),
  field('receiveStock', fc.record({ productId: product, quantity: units, note: words })),
  field(
    'correctStock',
    fc.record({ productId: product, quantity: fc.integer({ min: -3, max: 3 }), note: words }),
  ),
  field('correctStock', fc.record({ productId: product, countedOnHand: units })),
  field('setLowStockThreshold', fc.record({ productId: product, threshold: units })),
);

const cartChange = fc.oneof(
  {
    weight: 4,
    arbitrary: field('addCartItem', fc.record({ productId: product, quantity: units })),
  },
  {
    weight: 2,
    arbitrary: field('updateCartItem', fc.record({ productId: product, quantity: units })),
  },
  { weight: 2, arbitrary: field('removeCartItem', fc.record({ productId: product })) },
  { weight: 1, arbitrary: field('clearCart', nothing) },
  { weight: 2, arbitrary: field('confirmCart', nothing) },
  { weight: 2, arbitrary: field('beginCheckout', nothing) },
  { weight: 1, arbitrary: field('endCheckout', nothing) },
);

const placing = field(
  'placeOrder',
  fc.record(
    {
      idempotencyKey: key,
      email: fc.constant('buyer@example.com'),
      shippingAddress: fc.constant({ ...ADDRESS, name: { ref: 'self' as const } }),
      cartId: row('cart'),
    },
    { requiredKeys: ['idempotencyKey', 'email', 'shippingAddress'] },
  ),
);
const cancelling = field('cancelOrder', lockedWith('order', fc.record({ note: words })));
const paying = field(
  'payOrder',
  fc.record({ orderId: order, source: fc.constant('local-card-ok'), idempotencyKey: key }),
);
const handling = fc.oneof(
  cancelling,
  field('markOrderPaid', locked('order')),
  field('shipOrder', locked('order')),
  field('refundOrder', lockedWith('order', fc.record({ restock: fc.boolean() }))),
);

/**
 * One field: what is written within the same millisecond has no order.
 *
 * @param staff who of them does it
 */
export function shopMutation(
  staff: fc.Arbitrary<Actor>,
): fc.Arbitrary<Pick<Step, 'as' | 'request'>> {
  const anybody = fc.oneof({ weight: 1, arbitrary: staff }, { weight: 4, arbitrary: shopper });
  const mostlyStaff = fc.oneof({ weight: 6, arbitrary: staff }, { weight: 1, arbitrary: shopper });
  const asked = (as: fc.Arbitrary<Actor>, one: ReturnType<typeof field>) =>
    fc.record({ as, request: one.map((chosen) => ({ mutation: [chosen] })) });
  return fc.oneof(
    { weight: 5, arbitrary: asked(mostlyStaff, catalogChange) },
    { weight: 5, arbitrary: asked(anybody, cartChange) },
    { weight: 4, arbitrary: asked(anybody, placing) },
    { weight: 2, arbitrary: asked(anybody, cancelling) },
    { weight: 1, arbitrary: asked(anybody, paying) },
    { weight: 3, arbitrary: asked(mostlyStaff, handling) },
  );
}
