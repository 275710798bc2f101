import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { DeliveredMessage } from '../src/mail/index.js';
import { newUuid } from '../src/shared/ids.js';
import { type Api, type Organization, startApi } from './support/api.js';
import { orderInput, PLACE_ORDER } from './support/filled-cart.js';
import { createPublishableKey, type Guest, newGuest } from './support/guest.js';
import { MailReader } from './support/mail-reader.js';
import { createStockedProduct } from './support/stocked-product.js';

const ADD = 'mutation ($input: AddCartItemInput!) { addCartItem(input: $input) { id } }';
const SEND_MAIL =
  'mutation ($on: Boolean!) { updateOrganization(input: { orderMail: $on }) { orderMail } }';

let api: Api;
let mail: MailReader;

beforeAll(async () => {
  api = await startApi();
  mail = new MailReader(api);
  api.app.paying.start();
});

afterAll(() => api?.close());

interface PlacedOrder {
  id: string;
  number: number;
  version: number;
}

/** A shop with mugs, whose buyers are written to unless `orderMail` is false. */
class Shop {
  private constructor(
    readonly organization: Organization,
    readonly key: string,
    readonly mug: string,
  ) {}

  static async open({ orderMail = true, name = 'Mug', priceAmount = 450n } = {}): Promise<Shop> {
    const organization = await api.createOrganization();
    const key = await createPublishableKey(organization);
    const mug = await createStockedProduct(api, organization, { name, priceAmount, onHand: 100 });
    if (orderMail) await organization.owner.ask(SEND_MAIL, { on: true });
    return new Shop(organization, key, mug);
  }

  guest(): Promise<Guest> {
    return newGuest(api, this.key);
  }

  async order(buyer: Pick<Guest, 'send'>, email: string): Promise<PlacedOrder> {
    await buyer.send(ADD, { input: { productId: this.mug, quantity: 2 } });
    const { data } = await buyer.send(PLACE_ORDER, { input: orderInput({ email }) });
    return data.placeOrder;
  }

  /** An order of a guest with this address, which is paid. */
  async paidOrder(email: string): Promise<PlacedOrder> {
    const order = await this.order(await this.guest(), email);
    return this.change('markOrderPaid', order);
  }

  async change(mutation: string, { id, version }: PlacedOrder): Promise<PlacedOrder> {
    const type = mutation === 'refundOrder' ? 'RefundOrderInput' : 'ChangeOrderInput';
    const answer = await this.organization.member.ask(
      `mutation ($input: ${type}!) { ${mutation}(input: $input) { id number version } }`,
      { input: { id, version, note: 'for the staff alone' } },
    );
    return answer[mutation];
  }
}

const newAddress = () => `buyer.${newUuid()}@example.com`;

/** What is read, in both forms. */
const wordsOf = ({ text, html }: DeliveredMessage) => `${text}${html}`;

describe('a buyer', () => {
  it('is written to when the order is paid, sent and refunded, and told what was bought', async () => {
    const shop = await Shop.open();
    const address = newAddress();
    const placed = await shop.order(await shop.guest(), address);
    expect(await mail.rest(address)).toEqual([]);

    const paid = await shop.change('markOrderPaid', placed);
    const confirmation = await mail.next(address);
    const name = `order ${placed.number} at ${shop.organization.slug}`;
    expect(confirmation.subject).toBe(`Your ${name}`);
    expect(confirmation.text).toContain('2 × Mug: 9.00 EUR');
    expect(confirmation.text).toContain('Total: 9.00 EUR');
    expect(confirmation.text).toContain('It is paid.');

    const shipped = await shop.change('shipOrder', paid);
    expect((await mail.next(address)).subject).toBe(`Your ${name} is on its way`);

    const delivered = await shop.change('deliverOrder', shipped);
    await shop.change('refundOrder', delivered);
    const refund = await mail.next(address);
    expect(refund.subject).toBe(`Your ${name} was refunded`);
    expect(refund.text).toContain('9.00 EUR go back to you');
    for (const letter of [confirmation, refund]) {
      expect(wordsOf(letter)).not.toContain('for the staff alone');
    }
    expect(await mail.rest(address)).toEqual([]);
  });

  it('is told of a cancellation only where they had paid', async () => {
    const shop = await Shop.open();
    const [unpaid, paid] = [newAddress(), newAddress()];
    await shop.change('cancelOrder', await shop.order(await shop.guest(), unpaid));
    const { number, ...order } = await shop.paidOrder(paid);
    await mail.next(paid);
    await shop.change('cancelOrder', { number, ...order });
    const letter = await mail.next(paid);
    expect(letter.subject).toBe(`Your order ${number} at ${shop.organization.slug} was cancelled`);
    expect(letter.text).toContain('9.00 EUR go back to you');
    expect(await mail.rest(unpaid)).toEqual([]);
  });

  it('is written to when the payment provider has the money, at the address of the account', async () => {
    const shop = await Shop.open();
    const { viewer } = shop.organization;
    await viewer.ask(ADD, { input: { productId: shop.mug, quantity: 1 } });
    const { placeOrder } = await viewer.ask(PLACE_ORDER, { input: orderInput({}) });
    const input = { orderId: placeOrder.id, source: 'local-card-ok', idempotencyKey: newUuid() };
    await viewer.ask('mutation ($input: PayOrderInput!) { payOrder(input: $input) { id } }', {
      input,
    });
    const { subject } = await mail.next(viewer.email);
    expect(subject).toBe(`Your order ${placeOrder.number} at ${shop.organization.slug}`);
    expect(await mail.rest(viewer.email)).toEqual([]);
  });

  it('of what costs nothing is not told of money', async () => {
    const shop = await Shop.open({ priceAmount: 0n });
    const address = newAddress();
    await shop.change('refundOrder', await shop.paidOrder(address));
    const letters = [await mail.next(address), await mail.next(address)];
    for (const letter of letters) expect(wordsOf(letter)).not.toMatch(/paid|go back/);
  });

  it('is written to by no shop that does not want it, nor by one that has ceased to', async () => {
    const [silent, ceased] = [await Shop.open({ orderMail: false }), await Shop.open()];
    await ceased.organization.owner.ask(SEND_MAIL, { on: false });
    const address = newAddress();
    for (const shop of [silent, ceased]) {
      await shop.change('shipOrder', await shop.paidOrder(address));
    }
    expect(await mail.rest(address)).toEqual([]);
  });

  it('is not written to when the order does not move after all', async () => {
    const shop = await Shop.open();
    const address = newAddress();
    const { id, version } = await shop.paidOrder(address);
    await mail.next(address);
    // So many that nothing can come back.
    await shop.organization.member.ask(
      'mutation ($input: CorrectStockInput!) { correctStock(input: $input) { id } }',
      { input: { productId: shop.mug, countedOnHand: 1_000_000_000 } },
    );
    const { errors } = await shop.organization.member.send(
      'mutation ($input: RefundOrderInput!) { refundOrder(input: $input) { id } }',
      { input: { id, version } },
    );
    expect(errors?.[0].extensions.code).toBe('BAD_USER_INPUT');
    expect(await mail.rest(address)).toEqual([]);
  });

  it('gets names as plain text, whatever somebody has put into them', async () => {
    const shop = await Shop.open({ name: '<b>Mug</b> https://evil.example' });
    const address = newAddress();
    const guest = await shop.guest();
    await guest.send(ADD, { input: { productId: shop.mug, quantity: 1 } });
    const { shippingAddress } = orderInput({});
    const named = { ...shippingAddress, name: 'You won https://evil.example/now' };
    const { data } = await guest.send(PLACE_ORDER, {
      input: orderInput({ email: address, shippingAddress: named }),
    });
    await shop.change('markOrderPaid', data.placeOrder);
    const letter = await mail.next(address);
    expect(letter.html).toContain('&lt;b&gt;Mug&lt;/b&gt;');
    expect(wordsOf(letter)).not.toContain('https://evil.example');
  });
});

describe('whether buyers are written to', () => {
  it('is said by the organization, which does so for itself alone', async () => {
    const [shop, other] = [
      await Shop.open({ orderMail: false }),
      await Shop.open({ orderMail: false }),
    ];
    const { owner, member } = shop.organization;
    expect(await owner.ask('{ organization { orderMail } }')).toEqual({
      organization: { orderMail: false },
    });
    expect((await member.send(SEND_MAIL, { on: true })).errors?.[0].extensions.code).toBe(
      'FORBIDDEN',
    );
    expect((await owner.ask(SEND_MAIL, { on: true })).updateOrganization.orderMail).toBe(true);
    const { organization } = await other.organization.owner.ask('{ organization { orderMail } }');
    expect(organization.orderMail).toBe(false);
    const { auditEvents } = await owner.ask(
      '{ auditEvents(filter: { kind: [ORGANIZATION_UPDATED] }) { nodes { details } } }',
    );
    expect(auditEvents.nodes).toEqual([{ details: { fields: ['orderMail'] } }]);
  });
});
