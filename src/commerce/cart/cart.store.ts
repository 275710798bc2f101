import { sql } from 'kysely';
import { newUuid } from '../../shared/ids.js';
import { fixedStatement } from '../../shared/statements/index.js';
import { type model, query, type TenantTransaction } from '../../tenancy/index.js';
import { ended, swept } from './cart-endings.js';

export type CartRow = Pick<model.Cart, 'id' | 'expiresAt' | 'updatedAt'>;

export type CartItemRow = Pick<
  model.CartItem,
  'productId' | 'quantity' | 'currency' | 'addedAt'
> & {
  /** In minor units: what the owner has seen. */
  priceAmount: number;
};

/** A cart with what is in it, in the order in which it was put in. */
export type FilledCart = CartRow & { readonly items: readonly CartItemRow[] };

/** A cart that nobody else changes before the transaction ends. All ids are UUIDs. */
export interface LockedCart {
  readonly id: string;
  readonly ownerId: string;
  readonly expiresAt: Date | null;
}

/** When something is done with a cart, and when that is forgotten; null for never. */
export interface CartTimes {
  readonly now: Date;
  readonly expiresAt: Date | null;
}

interface OfCart {
  orgId: string;
  id: string;
}

type Nothing = Record<string, never>;

const ITEM = sql`cart_items.product_id AS "productId", cart_items.quantity,
  cart_items.price_amount::int AS "priceAmount", cart_items.currency, cart_items.added_at AS "addedAt"`;

// The items of one cart are looked up for it alone: joined, all of the organization's might be read.
const opened = fixedStatement('carts.open-of-owner', (of: { orgId: string; ownerId: string }) =>
  sql<CartRow & { [Column in keyof CartItemRow]: CartItemRow[Column] | null }>`
    SELECT carts.id, carts.expires_at AS "expiresAt", carts.updated_at AS "updatedAt", item.*
    FROM carts
    LEFT JOIN LATERAL (
      SELECT ${ITEM} FROM cart_items
      WHERE cart_items.org_id = ${of.orgId}::uuid AND cart_items.cart_id = carts.id
      OFFSET 0
    ) AS item ON true
    WHERE carts.org_id = ${of.orgId}::uuid AND carts.owner_id = ${of.ownerId}::uuid AND carts.status = 'open'
    ORDER BY item."addedAt", item."productId"`.compile(query),
);

const locked = fixedStatement('carts.lock-of-owner', (of: { orgId: string; ownerId: string }) =>
  sql<LockedCart>`
    SELECT carts.id, carts.owner_id AS "ownerId", carts.expires_at AS "expiresAt" FROM carts
    WHERE carts.org_id = ${of.orgId}::uuid AND carts.owner_id = ${of.ownerId}::uuid AND carts.status = 'open'
    FOR UPDATE`.compile(query),
);

// Of two who open one at the same moment, the second waits, and then has the first one's.
const inserted = fixedStatement('carts.insert', (of: OfCart & CartTimes & { ownerId: string }) =>
  sql<LockedCart>`
      INSERT INTO carts (org_id, id, owner_id, expires_at, created_at, updated_at)
      VALUES (${of.orgId}::uuid, ${of.id}::uuid, ${of.ownerId}::uuid, ${of.expiresAt}::timestamptz,
        ${of.now}::timestamptz, ${of.now}::timestamptz)
      ON CONFLICT (org_id, owner_id) WHERE status = 'open' DO UPDATE SET updated_at = excluded.updated_at
      RETURNING id, owner_id AS "ownerId", expires_at AS "expiresAt"`.compile(query),
);

const itemsOfOpen = fixedStatement(
  'cart-items.of-open-cart',
  (of: { orgId: string; ownerId: string }) =>
    sql<CartItemRow>`
      SELECT ${ITEM} FROM cart_items
      WHERE cart_items.org_id = ${of.orgId}::uuid AND cart_items.cart_id = (
        SELECT carts.id FROM carts
        WHERE carts.org_id = ${of.orgId}::uuid AND carts.owner_id = ${of.ownerId}::uuid AND carts.status = 'open'
      )
      ORDER BY cart_items.added_at, cart_items.product_id`.compile(query),
);

const itemsOf = fixedStatement('cart-items.of-cart', (of: OfCart) =>
  sql<CartItemRow>`
    SELECT ${ITEM} FROM cart_items
    WHERE cart_items.org_id = ${of.orgId}::uuid AND cart_items.cart_id = ${of.id}::uuid
    ORDER BY cart_items.added_at, cart_items.product_id`.compile(query),
);

/** What every change of a cart does with the cart itself. */
const touching = (of: OfCart & CartTimes) => sql`
  UPDATE carts SET updated_at = ${of.now}::timestamptz, expires_at = ${of.expiresAt}::timestamptz
  WHERE carts.org_id = ${of.orgId}::uuid AND carts.id = ${of.id}::uuid`;

const touched = fixedStatement('carts.touch', (of: OfCart & CartTimes) =>
  sql<Nothing>`${touching(of)}`.compile(query),
);

const put = fixedStatement(
  'cart-items.put',
  (
    of: OfCart &
      CartTimes & {
        ownerId: string;
        productIds: readonly string[];
        quantities: readonly number[];
        priceAmounts: readonly number[];
        currencies: readonly string[];
        addedAt: readonly Date[];
      },
  ) =>
    sql<Nothing>`
      WITH touched AS (${touching(of)})
      INSERT INTO cart_items (org_id, cart_id, owner_id, product_id, quantity, price_amount, currency, added_at)
      SELECT ${of.orgId}::uuid, ${of.id}::uuid, ${of.ownerId}::uuid, item.*
      FROM unnest(${of.productIds}::uuid[], ${of.quantities}::int[], ${of.priceAmounts}::bigint[],
        ${of.currencies}::text[], ${of.addedAt}::timestamptz[]) AS item
      ON CONFLICT (org_id, cart_id, product_id) DO UPDATE SET
        quantity = excluded.quantity,
        price_amount = excluded.price_amount,
        added_at = excluded.added_at`.compile(query),
);

const removed = fixedStatement(
  'cart-items.remove',
  (of: OfCart & CartTimes & { productId: string }) =>
    sql<Nothing>`
      WITH touched AS (${touching(of)})
      DELETE FROM cart_items
      WHERE cart_items.org_id = ${of.orgId}::uuid AND cart_items.cart_id = ${of.id}::uuid
        AND cart_items.product_id = ${of.productId}::uuid`.compile(query),
);

const cleared = fixedStatement('cart-items.clear', (of: OfCart & CartTimes) =>
  sql<Nothing>`
    WITH touched AS (${touching(of)})
    DELETE FROM cart_items
    WHERE cart_items.org_id = ${of.orgId}::uuid AND cart_items.cart_id = ${of.id}::uuid`.compile(
    query,
  ),
);

// Each product is looked up for its item, behind an order of its own: joined, all of them might be read.
const confirmed = fixedStatement('cart-items.confirm', (of: OfCart & CartTimes) =>
  sql<Nothing>`
    WITH touched AS (${touching(of)})
    UPDATE cart_items SET price_amount = now.price_amount
    FROM (
      SELECT item.product_id, product.price_amount
      FROM cart_items AS item
      CROSS JOIN LATERAL (
        SELECT products.price_amount FROM products
        WHERE products.org_id = ${of.orgId}::uuid AND products.id = item.product_id
          AND products.currency = item.currency AND products.active AND products.deleted_at IS NULL
        LIMIT 1
      ) AS product
      WHERE item.org_id = ${of.orgId}::uuid AND item.cart_id = ${of.id}::uuid
        AND item.price_amount <> product.price_amount
      OFFSET 0
    ) AS now
    WHERE cart_items.org_id = ${of.orgId}::uuid AND cart_items.cart_id = ${of.id}::uuid
      AND cart_items.product_id = now.product_id`.compile(query),
);

/**
 * Carts and what is in them. Whoever changes one locks it first: it alone is waited for, its items never are. Whoever
 * needs the owner's account as well locks that in front of the cart, as the removal of an account does.
 */
export class CartStore {
  /** The open cart of an owner, also one that has expired; null when there is none. */
  async findOpen(tx: TenantTransaction, ownerId: string): Promise<FilledCart | null> {
    const rows = await tx.execute(opened({ orgId: tx.tenant.orgId, ownerId }));
    const [cart] = rows;
    if (!cart) return null;
    const { id, expiresAt, updatedAt } = cart;
    // A cart without items is one row that has none.
    const items = cart.productId === null ? [] : (rows as CartItemRow[]).map(itemAlone);
    return { id, expiresAt, updatedAt, items };
  }

  /** The open cart of an owner, which nobody else can change before the transaction ends; null when there is none. */
  async lockOpen(tx: TenantTransaction, ownerId: string): Promise<LockedCart | null> {
    const [cart] = await tx.execute(locked({ orgId: tx.tenant.orgId, ownerId }));
    return cart ?? null;
  }

  /** Opens a cart, in which there is nothing, or locks the one that somebody has opened for this owner meanwhile. */
  async open(
    tx: TenantTransaction,
    ownerId: string,
    times: CartTimes,
  ): Promise<LockedCart & { readonly isNew: boolean }> {
    const id = newUuid();
    const rows = await tx.execute(inserted({ orgId: tx.tenant.orgId, id, ownerId, ...times }));
    const cart = rows[0] as LockedCart;
    return { ...cart, isNew: cart.id === id };
  }

  /**
   * What is in the open cart of an owner. Sent behind what locks it, as a statement of its own: one that waits for a lock
   * goes on with the items as they were before.
   *
   * @returns in the order in which it was put in; it means nothing where there was no cart to lock
   */
  itemsOfOpen(tx: TenantTransaction, ownerId: string): Promise<CartItemRow[]> {
    return tx.execute(itemsOfOpen({ orgId: tx.tenant.orgId, ownerId }));
  }

  /** What is in a cart, in the order in which it was put in. */
  itemsOf(tx: TenantTransaction, { id }: LockedCart): Promise<CartItemRow[]> {
    return tx.execute(itemsOf({ orgId: tx.tenant.orgId, id }));
  }

  /** Writes items into a cart, over those of the same products. */
  async put(
    tx: TenantTransaction,
    { id, ownerId }: LockedCart,
    items: readonly CartItemRow[],
    times: CartTimes,
  ): Promise<void> {
    await tx.execute(
      put({
        orgId: tx.tenant.orgId,
        id,
        ownerId,
        productIds: items.map(({ productId }) => productId),
        quantities: items.map(({ quantity }) => quantity),
        priceAmounts: items.map(({ priceAmount }) => priceAmount),
        currencies: items.map(({ currency }) => currency),
        addedAt: items.map(({ addedAt }) => addedAt),
        ...times,
      }),
    );
  }

  async remove(
    tx: TenantTransaction,
    { id }: LockedCart,
    productId: string,
    times: CartTimes,
  ): Promise<void> {
    await tx.execute(removed({ orgId: tx.tenant.orgId, id, productId, ...times }));
  }

  async clear(tx: TenantTransaction, { id }: LockedCart, times: CartTimes): Promise<void> {
    await tx.execute(cleared({ orgId: tx.tenant.orgId, id, ...times }));
  }

  /** Takes what the products cost now, of those that can be bought, as what the owner has seen. */
  async confirm(tx: TenantTransaction, { id }: LockedCart, times: CartTimes): Promise<void> {
    await tx.execute(confirmed({ orgId: tx.tenant.orgId, id, ...times }));
  }

  /** Something is done with the cart, and nothing with what is in it. */
  async touch(
    tx: TenantTransaction,
    { id }: Pick<LockedCart, 'id'>,
    times: CartTimes,
  ): Promise<void> {
    await tx.execute(touched({ orgId: tx.tenant.orgId, id, ...times }));
  }

  /**
   * The cart stays, as something that was there once; what was in it goes, and what was reserved for it is given back,
   * which is the organization's to do.
   */
  async end(
    tx: TenantTransaction,
    { id }: LockedCart,
    status: 'merged' | 'expired',
    now: Date,
  ): Promise<void> {
    await tx.execute(ended({ orgId: tx.tenant.orgId, id, status, now }));
  }

  /** Ends carts of the organization that have expired, in the same way; not all, when there are many. */
  async sweep(tx: TenantTransaction, now: Date): Promise<void> {
    await tx.execute(swept({ orgId: tx.tenant.orgId, now }));
  }
}

/** Without the cart that stands beside it in a row. */
function itemAlone({
  productId,
  quantity,
  priceAmount,
  currency,
  addedAt,
}: CartItemRow): CartItemRow {
  return { productId, quantity, priceAmount, currency, addedAt };
}
