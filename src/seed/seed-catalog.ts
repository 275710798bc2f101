import { createHash } from 'node:crypto';
import type { TenantTransaction } from '../tenancy/index.js';
import type { DemoCategory, DemoLine } from './demo-catalog.js';
import type { ShopProduct } from './shop-year.js';
import { stableUuid } from './stable-uuid.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const BETWEEN_PRODUCTS = 8 * HOUR;
const UNTIL_COUNTED = 30 * DAY;
/** With so many units or fewer a product is low in stock. */
export const LOW_STOCK = 5;
const CURRENCY = 'EUR';

interface CatalogOwner {
  /** Slug of the organization, from which all ids are made. */
  slug: string;
  /** UUID of who put everything on the shelves. */
  keeperId: string;
  /** When the first product was made. */
  opened: Date;
}

/**
 * Puts a catalog into the organization of the transaction, with some of everything in stock, and the ledger
 * that says where it came from. A few products are sold out, and some are low.
 *
 * @returns what there is to be sold
 */
export async function insertCatalog(
  { tenant: { orgId }, prisma }: TenantTransaction,
  catalog: readonly DemoCategory[],
  { slug, keeperId, opened }: CatalogOwner,
): Promise<ShopProduct[]> {
  const { categories, lines } = flattened(catalog, null);
  const categoryId = (path: string) => stableUuid(`${slug} category ${path}`, opened);
  // Each before those below it, because the rows are written in this order.
  await prisma.category.createMany({
    data: categories.map(({ path, parent, name, position }) => ({
      orgId,
      id: categoryId(path),
      parentId: parent && categoryId(parent),
      name,
      slug: name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-'),
      position,
      ...madeAt(opened),
    })),
  });
  const products = lines.flatMap(({ path, line }) =>
    productsOf(line).map((one) => ({ path, one })),
  );
  const shelved = products.map(({ path, one }, index) => {
    const made = new Date(opened.getTime() + index * BETWEEN_PRODUCTS);
    const id = stableUuid(`${slug} ${one.sku}`, made);
    return { path, one, made, id, stock: stockOf(`${slug} ${one.sku}`, made) };
  });
  await prisma.product.createMany({
    data: shelved.map(({ path, one, made, id }) => ({
      orgId,
      id,
      categoryId: categoryId(path),
      ...one,
      currency: CURRENCY,
      ...madeAt(made),
    })),
  });
  await prisma.stockLevel.createMany({
    data: shelved.map(({ id, stock: { onHand, lowSince } }) => ({
      orgId,
      productId: id,
      onHand,
      lowStockThreshold: LOW_STOCK,
      lowSince,
    })),
  });
  await prisma.stockMovement.createMany({
    data: shelved.flatMap(({ one, id, stock: { movements } }) =>
      movements.map(({ at, ...movement }) => ({
        orgId,
        id: stableUuid(`${slug} ${one.sku} ${movement.kind}`, at),
        productId: id,
        actorId: keeperId,
        createdAt: at,
        ...movement,
      })),
    ),
  });
  return shelved.map(({ path, one: { sku, name, priceAmount }, id, stock }) => {
    const [department = path] = path.split(' / ');
    const price = Number(priceAmount);
    const { onHand, since, lowSince } = stock;
    return {
      id,
      categoryId: categoryId(path),
      department,
      sku,
      name,
      price,
      onHand,
      since,
      lowSince,
    };
  });
}

interface FlatCategory {
  path: string;
  parent: string | null;
  name: string;
  position: number;
}

interface Flattened {
  categories: FlatCategory[];
  lines: { path: string; line: DemoLine }[];
}

function flattened(tree: readonly DemoCategory[], parent: string | null): Flattened {
  const flat: Flattened = { categories: [], lines: [] };
  for (const [position, [name, children]] of tree.entries()) {
    const path = parent === null ? name : `${parent} / ${name}`;
    flat.categories.push({ path, parent, name, position });
    const below = flattened(children.filter(isCategory), path);
    flat.categories.push(...below.categories);
    flat.lines.push(...below.lines);
    for (const child of children) if (!isCategory(child)) flat.lines.push({ path, line: child });
  }
  return flat;
}

function isCategory(child: DemoCategory | DemoLine): child is DemoCategory {
  return Array.isArray(child);
}

function productsOf({ sku, name, price, step, by, variants, description }: DemoLine) {
  return variants.map((variant, index) => ({
    sku: `${sku}-${String(index + 1).padStart(2, '0')}`,
    name: `${name}, ${variant}`,
    description,
    priceAmount: BigInt(price + index * step),
    metadata: { [by]: variant },
  }));
}

/** What there is of a product, the same on every machine, since when, and since when that is little. */
function stockOf(name: string, made: Date) {
  const random = createHash('sha256').update(name).digest();
  const [luck = 0, much = 0, gone = 0] = random;
  const onHand = luck % 10 === 0 ? 0 : luck % 10 <= 2 ? 1 + (much % 4) : 8 + (much % 53);
  const taken = luck % 10 <= 3 ? 2 + (gone % 9) : 0;
  const counted = new Date(made.getTime() + UNTIL_COUNTED);
  const received = onHand + taken;
  const movements = [
    { kind: 'receipt', quantity: received, onHand: received, note: 'First delivery', at: made },
    { kind: 'correction', quantity: -taken, onHand, note: 'Counted at stock-taking', at: counted },
  ].filter(({ quantity }) => quantity !== 0);
  const since = movements.at(-1)?.at ?? made;
  const lowSince = movements.find((movement) => movement.onHand <= LOW_STOCK)?.at ?? null;
  return { onHand, since, lowSince, movements };
}

function madeAt(time: Date) {
  return { createdAt: time, updatedAt: time };
}
