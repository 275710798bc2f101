import { mailOf, nameInMail } from '../../identity/index.js';
import type { Mail } from '../../mail/index.js';
import type { LowStock } from './stock-moves.js';

/** A product that has become low in stock, by what people know it by. */
export type LowProduct = LowStock & { readonly sku: string; readonly name: string };

/** Products that one mail names. */
const MOST_NAMED = 50;

/** @param products at least one */
export function lowStockLetter(
  to: { readonly email: string; readonly name: string; readonly organization: string },
  products: readonly LowProduct[],
): Mail {
  const [first] = products;
  const subject =
    products.length === 1 && first
      ? `Low in stock: ${nameInMail(first.name)}`
      : `${products.length} products are low in stock`;
  const unnamed = products.length - MOST_NAMED;
  return mailOf({
    to: to.email,
    subject,
    paragraphs: [
      `Hello ${nameInMail(to.name)},`,
      `At ${nameInMail(to.organization)} there is little left of:`,
      ...products.slice(0, MOST_NAMED).map(lineOf),
      ...(unnamed > 0 ? [`and of ${unnamed} more.`] : []),
    ],
    closing: ['You hear of a product again when it has been refilled and is low anew.'],
  });
}

function lineOf({ name, sku, onHand, threshold }: LowProduct): string {
  return `${nameInMail(name)} (${nameInMail(sku)}): ${onHand} left, low from ${threshold} down`;
}
