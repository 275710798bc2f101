/** Who is no part of an organization, and comes to its shop: signed in, or not. */
export type ShopperKind = 'customer' | 'guest';

/** Names of fields, by their type. */
type Fields = Readonly<Record<string, readonly string[]>>;

/**
 * What shoppers may be shown, field by field: nothing else of all that can be reached from the queries that are open
 * to them may ever come with data (test/shopper-fields.test.ts). A new field that is meant for them is added here.
 */
const SHOWN: Fields = {
  Product: [
    ...['id', 'sku', 'name', 'description', 'active', 'metadata', 'version', 'createdAt'],
    ...['updatedAt', 'price', 'category', 'stock'],
  ],
  StockLevel: ['onHand', 'unitsSold'],
  Money: ['amount', 'currency', 'decimal'],
  Category: [
    ...['id', 'name', 'slug', 'position', 'version', 'createdAt', 'updatedAt'],
    ...['parent', 'children', 'ancestors', 'products'],
  ],
  ProductFacets: ['categories', 'currencies', 'stock', 'active'],
  CategoryFacet: ['category', 'count'],
  CurrencyFacet: ['currency', 'count', 'min', 'max'],
  StockFacet: ['in', 'out'],
  // Of what is not for sale they count none.
  ActiveFacet: ['active', 'inactive'],
  Cart: ['id', 'updatedAt', 'items', 'total', 'totalQuantity', 'hasChanges'],
  CartItem: ['productId', 'quantity', 'addedAt', 'product', 'unitPrice', 'total', 'changes'],
  CartItemChange: ['kind', 'priceThen', 'onHand'],
  Checkout: ['expiresAt', 'renewableUntil', 'items'],
  CheckoutItem: ['productId', 'quantity', 'product'],
  Order: [
    ...['id', 'number', 'status', 'version', 'email', 'shippingAddress', 'placedAt', 'paidAt'],
    ...['shippedAt', 'deliveredAt', 'cancelledAt', 'refundedAt', 'updatedAt'],
    ...['total', 'items', 'history', 'payments'],
  ],
  ShippingAddress: [
    ...['name', 'company', 'line1', 'line2', 'postalCode', 'city', 'region', 'country', 'phone'],
  ],
  OrderItem: ['sku', 'name', 'quantity', 'unitPrice', 'total', 'product'],
  // Who did it, and what they noted of it, is for the organization.
  OrderEvent: ['id', 'status', 'occurredAt'],
  Payment: [
    ...['id', 'status', 'provider', 'reference', 'failure', 'createdAt', 'updatedAt'],
    ...['amount', 'orderId'],
  ],
};

/** Of a customer's own account, which guests have none of. */
const OWN: Fields = {
  // What a role permits is nothing, for theirs.
  User: ['id', 'email', 'emailVerifiedAt', 'name', 'role', 'createdAt', 'updatedAt'],
  Session: [
    ...['id', 'address', 'userAgent', 'createdAt', 'refreshedAt', 'expiresAt', 'isCurrent'],
  ],
  Order: ['customer'],
};

/** Of guests alone: a customer's cart is kept. */
const OF_GUESTS: Fields = { Cart: ['expiresAt'] };

/** What they may be shown of these types where they say more about what they want. */
const SHOWN_BY_ARGUMENTS: Fields = {
  ProductFacets: ['metadata'],
};

/** `Type.field` of all that shoppers of a kind may be shown and that takes no argument. */
export function shownTo(kind: ShopperKind): ReadonlySet<string> {
  return new Set([SHOWN, kind === 'guest' ? OF_GUESTS : OWN].flatMap(namesOf));
}

/** `Type.field` of all that they may be shown. */
export function openTo(kind: ShopperKind): ReadonlySet<string> {
  return new Set([...shownTo(kind), ...namesOf(SHOWN_BY_ARGUMENTS)]);
}

function namesOf(types: Fields): string[] {
  return Object.entries(types).flatMap(([type, fields]) =>
    fields.map((field) => `${type}.${field}`),
  );
}
