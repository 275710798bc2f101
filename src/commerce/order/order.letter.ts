import { mailOf, nameInMail } from '../../identity/index.js';
import type { Mail } from '../../mail/index.js';
import { decimalOf, type Money } from '../money/money.js';
import type { OrderRow } from './order.store.js';
import type { OrderItemRow } from './order-item.store.js';

/** What a buyer is told of: what has become of an order that was paid. */
export type OrderNews = 'paid' | 'shipped' | 'cancelled' | 'refunded';

/** What is written about. */
export interface LetterSubject {
  readonly order: Pick<
    OrderRow,
    'number' | 'email' | 'shippingAddress' | 'currency' | 'totalAmount'
  >;
  readonly items: readonly Pick<OrderItemRow, 'name' | 'quantity' | 'totalAmount'>[];
  /** What the shop is called. */
  readonly shop: string;
}

/**
 * A letter to the buyer. An address that a guest gave is nobody's for certain: so there is nothing in it that a guest
 * could have written, but for a name.
 */
export function orderLetter(news: OrderNews, { order, items, shop }: LetterSubject): Mail {
  const { currency } = order;
  const theOrder = `order ${order.number} at ${nameInMail(shop)}`;
  const total = priceOf({ amount: order.totalAmount, currency });
  const { subject, opening, ending } = WORDS[news];
  return mailOf({
    to: order.email,
    subject: subject(theOrder),
    paragraphs: [
      `Hello ${nameInMail(order.shippingAddress.name)},`,
      opening(theOrder),
      ...items.map(
        ({ name, quantity, totalAmount }) =>
          `${quantity} × ${nameInMail(name)}: ${priceOf({ amount: totalAmount, currency })}`,
      ),
      `Total: ${total}`,
      ...(order.totalAmount > 0 ? ending(total) : []),
    ],
    closing: ['You receive this because your address was given with the order.'],
  });
}

interface Words {
  subject(order: string): string;
  opening(order: string): string;
  /** What becomes of the money, where there was any. */
  ending(total: string): readonly string[];
}

const goesBack = (total: string) => [`${total} go back to you in the way in which you have paid.`];

const WORDS: Readonly<Record<OrderNews, Words>> = {
  paid: {
    subject: (order) => `Your ${order}`,
    opening: (order) => `Thank you for your ${order}. This is what you have ordered:`,
    ending: () => ['It is paid.'],
  },
  shipped: {
    subject: (order) => `Your ${order} is on its way`,
    opening: (order) => `Your ${order} has been sent. In it are:`,
    ending: () => [],
  },
  cancelled: {
    subject: (order) => `Your ${order} was cancelled`,
    opening: (order) => `Your ${order} was cancelled, and nothing of it will be sent:`,
    ending: goesBack,
  },
  refunded: {
    subject: (order) => `Your ${order} was refunded`,
    opening: (order) => `Your ${order} was refunded:`,
    ending: goesBack,
  },
};

function priceOf(sum: Money): string {
  return `${decimalOf(sum)} ${sum.currency}`;
}
