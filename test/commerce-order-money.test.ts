import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { PaymentPace } from '../src/commerce/payment/payment-pace.js';
import { decodeId, newUuid } from '../src/shared/ids.js';
import { withAdminConnection } from '../src/tenancy/index.js';
import { type Api, type Organization, startApi } from './support/api.js';
import { eventually } from './support/eventually.js';
import { fillCart, orderInput, PLACE_ORDER } from './support/filled-cart.js';
import { recomputedSales, storedSales } from './support/recomputed-sales.js';
import { ScriptedProvider } from './support/scripted-provider.js';
import { createStockedProduct } from './support/stocked-product.js';

/** Fast enough that no test sleeps long. */
const PACE: Partial<PaymentPace> = { pollMs: 40, firstRetryMs: 20, longestRetryMs: 60 };

const PAY = 'mutation ($input: PayOrderInput!) { payOrder(input: $input) { id status } }';
const ORDER = 'query ($id: ID!) { order(id: $id) { status version payments { status } } }';
const REPORT = `query ($range: DayRangeInput!) { salesReport(range: $range, currency: "EUR") {
  total { orders refundedOrders net { amount } }
} }`;

const ON_HAND = 100;
const PRICE = 1_250;

/** A shop whose orders, payments and sales are wired as they are served. */
class Shop {
  private constructor(
    readonly api: Api,
    readonly organization: Organization,
  ) {}

  /** @param providers who takes money; the local one without */
  static async open(providers?: ScriptedProvider[]): Promise<Shop> {
    const api = await startApi({ payments: { pace: PACE, ...(providers && { providers }) } });
    return new Shop(api, await api.createOrganization());
  }

  /** Places an order of two of a product of its own, by somebody whose cart is empty. */
  async order(): Promise<{ id: string; productId: string }> {
    const { api, organization } = this;
    const product = { onHand: ON_HAND, priceAmount: BigInt(PRICE) };
    const productId = await createStockedProduct(api, organization, product);
    await fillCart(api, organization, organization.viewer, [{ productId, quantity: 2 }]);
    const { placeOrder } = await organization.viewer.ask(PLACE_ORDER, { input: orderInput() });
    return { id: placeOrder.id, productId };
  }

  async pay(orderId: string, source = 'local-card-ok'): Promise<string> {
    const input = { orderId, source, idempotencyKey: newUuid() };
    return (await this.organization.viewer.ask(PAY, { input })).payOrder.id;
  }

  async change(mutation: string, id: string): Promise<void> {
    const { order } = await this.organization.member.ask(ORDER, { id });
    const type = mutation === 'refundOrder' ? 'RefundOrderInput' : 'ChangeOrderInput';
    await this.organization.member.ask(
      `mutation ($input: ${type}!) { ${mutation}(input: $input) { id } }`,
      { input: { id, version: order.version } },
    );
  }

  /** Has the scripted provider tell something of a payment. */
  async tell(payment: string, kind: string): Promise<void> {
    const { api, organization } = this;
    const answer = await fetch(`${api.url}/payments/webhooks/scripted/${organization.id}`, {
      method: 'POST',
      body: JSON.stringify({ eventId: newUuid(), kind, reference: payment }),
    });
    expect(answer.status).toBe(200);
  }

  /** The status of an order, and of its payments. */
  async stateOf(id: string): Promise<string[]> {
    const { order } = await this.organization.viewer.ask(ORDER, { id });
    return [order.status, ...order.payments.map(({ status }: { status: string }) => status)];
  }

  becomes(id: string, ...states: string[]): Promise<void> {
    const isSo = async () => (await this.stateOf(id)).join() === states.join();
    return eventually(isSo, `the order and its payments are ${states}`);
  }

  /** How many orders count as sold, how many of those as refunded, and the net. */
  async sales(): Promise<{ orders: number; refundedOrders: number; net: number }> {
    const day = (offset: number) =>
      new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 10);
    const range = { from: day(-1), to: day(1) };
    const { salesReport } = await this.organization.viewer.ask(REPORT, { range });
    const { orders, refundedOrders, net } = salesReport.total;
    return { orders, refundedOrders, net: net.amount };
  }

  async onHandOf(productId: string): Promise<number> {
    const id = decodeId('prod', productId, 'id');
    const [row] = await this.rows('SELECT on_hand FROM stock_levels WHERE product_id = $1', [id]);
    return row.on_hand;
  }

  // biome-ignore lint/suspicious/noExplicitAny: rows are looked at field by field.
  rows(text: string, values: unknown[] = []): Promise<any[]> {
    return withAdminConnection(this.api.database.superuserUrl, async (client) => {
      const { rows } = await client.query(text, values);
      return rows;
    });
  }

  async expectSalesToAddUp(): Promise<void> {
    const { orgId } = this.organization.tenant;
    const stored = await storedSales(this.api.database, orgId);
    expect(stored.daily_sales).not.toEqual([]);
    expect(stored).toEqual(await recomputedSales(this.api.database, orgId, 'UTC'));
  }
}

describe('an order of a shop that takes money by itself', () => {
  let shop: Shop;

  beforeAll(async () => {
    shop = await Shop.open();
    shop.api.app.paying.start();
  });

  afterAll(() => shop?.api.close());

  it('is sold once it is paid, and the money, the sale and the goods come back when it is refunded', async () => {
    const { id, productId } = await shop.order();
    expect(await shop.sales()).toEqual({ orders: 0, refundedOrders: 0, net: 0 });
    await shop.pay(id);
    await shop.becomes(id, 'PAID', 'CAPTURED');
    expect(await shop.sales()).toEqual({ orders: 1, refundedOrders: 0, net: 2 * PRICE });
    expect(await shop.onHandOf(productId)).toBe(ON_HAND - 2);
    await shop.change('refundOrder', id);
    await shop.becomes(id, 'REFUNDED', 'REFUNDED');
    expect(await shop.sales()).toEqual({ orders: 1, refundedOrders: 1, net: 0 });
    expect(await shop.onHandOf(productId)).toBe(ON_HAND);
  });

  it('gives its money back also when it is cancelled after it was paid', async () => {
    const { id, productId } = await shop.order();
    await shop.pay(id);
    await shop.becomes(id, 'PAID', 'CAPTURED');
    await shop.change('cancelOrder', id);
    await shop.becomes(id, 'CANCELLED', 'REFUNDED');
    expect(await shop.sales()).toEqual({ orders: 2, refundedOrders: 2, net: 0 });
    expect(await shop.onHandOf(productId)).toBe(ON_HAND);
  });

  it('is sold as well when the money has come some other way, and not when it is never paid', async () => {
    const [paid, cancelled] = [await shop.order(), await shop.order()];
    await shop.change('markOrderPaid', paid.id);
    await shop.change('cancelOrder', cancelled.id);
    expect(await shop.stateOf(paid.id)).toEqual(['PAID']);
    expect(await shop.sales()).toEqual({ orders: 3, refundedOrders: 2, net: 2 * PRICE });
    expect(await shop.onHandOf(cancelled.productId)).toBe(ON_HAND);
  });

  it('is in the sums as it is when they are counted anew', () => shop.expectSalesToAddUp());
});

describe('an order of a shop whose provider is watched', () => {
  const provider = new ScriptedProvider();
  let shop: Shop;

  beforeAll(async () => {
    shop = await Shop.open([provider]);
  });

  afterAll(() => shop?.api.close());

  // Nobody asks the provider before the last test.
  it('is cancelled before anybody was asked for money, and nobody will be', async () => {
    const { id } = await shop.order();
    await shop.pay(id);
    await shop.change('cancelOrder', id);
    expect(await shop.stateOf(id)).toEqual(['CANCELLED', 'CANCELLED']);
  });

  it('needs no money of an open payment any more when it was paid some other way', async () => {
    const { id } = await shop.order();
    await shop.pay(id);
    await shop.change('markOrderPaid', id);
    expect(await shop.stateOf(id)).toEqual(['PAID', 'CANCELLED']);
    expect(await shop.sales()).toEqual({ orders: 1, refundedOrders: 0, net: 2 * PRICE });
  });

  it('lets go of what is set aside when it is cancelled, and has what was taken refunded', async () => {
    const [cancelled, refunded] = [await shop.order(), await shop.order()];
    const [letGo, givenBack] = [await shop.pay(cancelled.id), await shop.pay(refunded.id)];
    await shop.tell(letGo, 'authorized');
    await shop.tell(givenBack, 'captured');
    expect(await shop.stateOf(refunded.id)).toEqual(['PAID', 'CAPTURED']);
    await shop.change('cancelOrder', cancelled.id);
    await shop.change('refundOrder', refunded.id);
    shop.api.app.paying.start();
    await shop.becomes(cancelled.id, 'CANCELLED', 'CANCELLED');
    await shop.becomes(refunded.id, 'REFUNDED', 'REFUNDED');
    const asked = provider.calls.map(({ method, id, amount }) => [method, id, amount]);
    expect(asked.sort()).toEqual([
      ['cancel', letGo, 2 * PRICE],
      ['refund', givenBack, 2 * PRICE],
    ]);
    expect(await shop.sales()).toEqual({ orders: 2, refundedOrders: 1, net: 2 * PRICE });
  });

  it('is in the sums as it is when they are counted anew', () => shop.expectSalesToAddUp());
});

describe('an order whose money goes back at the provider', () => {
  const provider = new ScriptedProvider();
  let shop: Shop;

  beforeAll(async () => {
    shop = await Shop.open([provider]);
  });

  afterAll(() => shop?.api.close());

  const historyOf = async (id: string) =>
    (
      await shop.organization.viewer.ask(
        'query ($id: ID!) { order(id: $id) { history { status note actorId } } }',
        { id },
      )
    ).order.history.at(-1);

  it('is refunded by that, once, and what was not sent is back in stock', async () => {
    const { id, productId } = await shop.order();
    const payment = await shop.pay(id);
    await shop.tell(payment, 'captured');
    expect(await shop.sales()).toEqual({ orders: 1, refundedOrders: 0, net: 2 * PRICE });
    for (let time = 0; time < 2; time++) await shop.tell(payment, 'refunded');
    expect(await shop.stateOf(id)).toEqual(['REFUNDED', 'REFUNDED']);
    expect(await historyOf(id)).toEqual({
      status: 'REFUNDED',
      note: 'Refunded at the payment provider (scripted).',
      actorId: null,
    });
    expect(await shop.onHandOf(productId)).toBe(ON_HAND);
    expect(await shop.sales()).toEqual({ orders: 1, refundedOrders: 1, net: 0 });
    const { errors } = await shop.organization.member.send(
      'mutation ($input: ChangeOrderInput!) { shipOrder(input: $input) { id } }',
      { input: { id, version: 3 } },
    );
    expect(errors?.[0].extensions).toEqual({ code: 'ORDER_STATUS', status: 'REFUNDED' });
  });

  it.each([['shipOrder'], ['deliverOrder']])(
    'is refunded by that after %s, and nothing is in stock that was sent',
    async (last) => {
      const { id, productId } = await shop.order();
      const payment = await shop.pay(id);
      await shop.tell(payment, 'captured');
      await shop.change('shipOrder', id);
      if (last === 'deliverOrder') await shop.change(last, id);
      await shop.tell(payment, 'refunded');
      expect(await shop.stateOf(id)).toEqual(['REFUNDED', 'REFUNDED']);
      expect(await shop.onHandOf(productId)).toBe(ON_HAND - 2);
    },
  );

  it('stays paid when it was paid otherwise, and the money that goes back is that which came too late', async () => {
    const { id, productId } = await shop.order();
    const payment = await shop.pay(id);
    await shop.tell(payment, 'authorized');
    await shop.change('markOrderPaid', id);
    for (const kind of ['captured', 'refunded']) await shop.tell(payment, kind);
    expect(await shop.stateOf(id)).toEqual(['PAID', 'REFUNDED']);
    expect(await shop.onHandOf(productId)).toBe(ON_HAND - 2);
  });

  it('is in the sums as it is when they are counted anew', () => shop.expectSalesToAddUp());
});
