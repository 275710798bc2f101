import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { decodeId, encodeId, newUuid } from '../src/shared/ids.js';
import { type Api, type Organization, startApi } from './support/api.js';

/** More than are sorted: of the category, which has 230 of them; and few: every tenth is made of oak. */
const PRODUCTS = 460;

interface Sold {
  id: string;
  name: string;
  inCategory: boolean;
  unitsSold: number;
}

let api: Api;
let shop: Organization;
let categoryId: string;
let goods: Sold[];

beforeAll(async () => {
  api = await startApi();
  shop = await api.createOrganization();
  const neighbour = await api.createOrganization();
  categoryId = encodeId('cat', newUuid());
  goods = await stock(shop, categoryId);
  await stock(neighbour, encodeId('cat', newUuid()));
});

afterAll(() => api?.close());

/** Products in an order of their own; some were sold equally often. */
async function stock({ tenant }: Organization, categoryId: string): Promise<Sold[]> {
  const category = decodeId('cat', categoryId, 'id');
  const made = Array.from({ length: PRODUCTS }, (_, n) => ({
    id: newUuid(),
    name: `${n % 10 === 3 ? 'oak' : 'pine'} table ${n}`,
    inCategory: n % 2 === 1,
    unitsSold: (n * 37) % 101,
  }));
  await api.app.tenancy.withTenant(tenant, 'write', async ({ prisma }) => {
    await prisma.category.create({ data: { id: category, name: 'Tables', slug: 'tables' } });
    await prisma.product.createMany({
      data: made.map(({ id, name, inCategory }) => ({
        id,
        name,
        sku: id,
        categoryId: inCategory ? category : null,
        priceAmount: 100n,
        currency: 'EUR',
        metadata: { wood: name.split(' ')[0] as string },
      })),
    });
    await prisma.stockLevel.createMany({
      data: made.map(({ id, unitsSold }) => ({ productId: id, unitsSold: BigInt(unitsSold) })),
    });
  });
  return made;
}

const isOak = ({ name }: Sold) => name.startsWith('oak');

/** Which filters leave few of the products, many, or none. */
const FILTERS: [string, () => object, (product: Sold) => boolean][] = [
  ['a category of many', () => ({ categoryId }), ({ inCategory }) => inCategory],
  ['words that many have', () => ({ text: 'table' }), () => true],
  ['words that few have', () => ({ text: 'oak' }), isOak],
  ['metadata that few have', () => ({ metadata: { wood: 'oak' } }), isOak],
  [
    'a category with words that few have',
    () => ({ categoryId, text: 'oak' }),
    (product) => product.inCategory && isOak(product),
  ],
  ['words that none has', () => ({ text: 'marble' }), () => false],
  ['no filter', () => ({}), () => true],
];

function inOrder(products: Sold[], direction: string): string[] {
  const least = products.sort(
    (one, other) => one.unitsSold - other.unitsSold || (one.id < other.id ? -1 : 1),
  );
  return (direction === 'ASC' ? least : least.reverse()).map(({ name }) => name);
}

const PAGE = `query ($filter: ProductFilter, $orderBy: ProductOrder, $first: Int, $after: String, $last: Int, $before: String) {
  products(filter: $filter, orderBy: $orderBy, first: $first, after: $after, last: $last, before: $before) {
    nodes { name } pageInfo { startCursor endCursor hasNextPage hasPreviousPage }
  }
}`;

it.each(
  FILTERS.flatMap((each) => ['ASC', 'DESC'].map((direction) => [direction, ...each] as const)),
)(
  'products are paged through by what sells best, %s, forwards and backwards: %s',
  async (direction, _what, filter, isListed) => {
    const expected = inOrder(goods.filter(isListed), direction);
    const variables = { filter: filter(), orderBy: { field: 'BEST_SELLING', direction } };
    const ahead: string[] = [];
    for (let after: string | null = null, more = true; more; ) {
      const { products } = await shop.viewer.ask(PAGE, { ...variables, first: 90, after });
      ahead.push(...products.nodes.map(({ name }: Sold) => name));
      ({ endCursor: after, hasNextPage: more } = products.pageInfo);
    }
    expect(ahead).toEqual(expected);
    const back: string[] = [];
    for (let before: string | null = null, more = true; more; ) {
      const { products } = await shop.viewer.ask(PAGE, { ...variables, last: 90, before });
      back.unshift(...products.nodes.map(({ name }: Sold) => name));
      ({ startCursor: before, hasPreviousPage: more } = products.pageInfo);
    }
    expect(back).toEqual(expected);
  },
);
