import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createOrders } from '../src/commerce/order/order.feature.js';
import { createPayments, type PaymentFeature } from '../src/commerce/payment/payment.feature.js';
import type { PaymentPace } from '../src/commerce/payment/payment-pace.js';
import { StockAlerts } from '../src/commerce/stock/stock-alerts.js';
import { Outbox } from '../src/mail/index.js';
import { systemClock } from '../src/shared/clock.js';
import { decodeId, newUuid } from '../src/shared/ids.js';
import { withAdminConnection } from '../src/tenancy/index.js';
import { type Api, type Organization, PAYMENTS, startApi, unknownId } from './support/api.js';
import { eventually } from './support/eventually.js';
import { silent } from './support/organizations.js';
import { createOrder } from './support/paid-order.js';
import { ScriptedProvider } from './support/scripted-provider.js';

/** Fast enough that no test sleeps long. */
const PACE: PaymentPace = {
  pollMs: 40,
  parallel: 4,
  answerLimitMs: 2_000,
  leaseMs: 2_500,
  firstRetryMs: 20,
  longestRetryMs: 60,
  askAgainMs: 100,
  giveUpAfterMs: 60_000,
};

const PAY = `mutation ($input: PayOrderInput!) {
  payOrder(input: $input) { id status amount { amount currency } provider reference failure orderId }
}`;
const PAYMENT =
  'query ($id: ID!) { payment(id: $id) { id status failure reference amount { amount currency decimal } } }';

let api: Api;
let acme: Organization;
let globex: Organization;
const provider = new ScriptedProvider();
let running: PaymentFeature[];

beforeAll(async () => {
  // Asks nobody by itself: each test starts what does.
  api = await startApi({ payments: { providers: [provider] } });
  acme = await api.createOrganization();
  globex = await api.createOrganization();
});

beforeEach(() => {
  provider.forget();
  running = [];
});

afterEach(async () => {
  await Promise.all(running.map(({ paying }) => paying.stop(0)));
  await asSuperuser('DELETE FROM payment_events');
  await asSuperuser('DELETE FROM payment_commands');
  await asSuperuser('DELETE FROM payments');
});

afterAll(() => api?.close());

// biome-ignore lint/suspicious/noExplicitAny: rows are looked at field by field.
const asSuperuser = (text: string, values: unknown[] = [], of = api): Promise<any[]> =>
  withAdminConnection(of.database.superuserUrl, async (client) => {
    const { rows } = await client.query(text, values);
    return rows;
  });

const commands = () => asSuperuser('SELECT * FROM payment_commands ORDER BY created_at, kind');

/** Payments as another process has them. */
function createOthers(pace: Partial<PaymentPace> = {}, providers = [provider]): PaymentFeature {
  const outbox = new Outbox(api.app.secretBox);
  const payments = createPayments({
    tenancy: api.app.tenancy,
    settings: { ...PAYMENTS, providers, pace: { ...PACE, ...pace } },
    secretBox: api.app.secretBox,
    clock: systemClock,
    logger: silent,
    orders: createOrders({ alerts: new StockAlerts(outbox), outbox }).payable,
  });
  running.push(payments);
  return payments;
}

/** One that asks the provider. */
function startPayments(
  pace?: Partial<PaymentPace>,
  providers?: ScriptedProvider[],
): PaymentFeature {
  const payments = createOthers(pace, providers);
  payments.paying.start();
  return payments;
}

/** An order of acme's owner that is to be paid. */
async function payOrder({ source = 'ok', total = 4_250 } = {}) {
  const orderId = await createOrder(api, acme, { total });
  const input = { orderId, source, idempotencyKey: newUuid() };
  const { payOrder: payment } = await acme.owner.ask(PAY, { input });
  return { ...input, id: payment.id as string };
}

const paymentOf = async (id: string, person = acme.viewer) =>
  (await person.ask(PAYMENT, { id })).payment;

const becomes = (id: string, status: string, person = acme.viewer) =>
  eventually(
    async () => (await paymentOf(id, person)).status === status,
    `the payment is ${status}`,
  );

async function orderOf(orderId: string, superuser = asSuperuser) {
  const [order] = await superuser(
    `SELECT status, version, paid_at, (SELECT array_agg(e.status ORDER BY occurred_at) FROM order_events AS e
       WHERE e.order_id = orders.id) AS events FROM orders WHERE id = $1`,
    [decodeId('order', orderId, 'id')],
  );
  return order;
}

/** Has the provider tell something of a payment. */
async function tell(reference: string, message: object): Promise<Response> {
  return fetch(`${api.url}/payments/webhooks/scripted/${acme.id}`, {
    method: 'POST',
    body: JSON.stringify({ eventId: newUuid(), reference, ...message }),
  });
}

/** What the rules of orders do when somebody cancels one. */
async function cancelOrder(payments: PaymentFeature, orderId: string): Promise<void> {
  const id = decodeId('order', orderId, 'id');
  await api.app.tenancy.withTenant(acme.tenant, 'write', async (tx) => {
    await tx.prisma.order.updateMany({
      where: { id },
      data: { status: 'cancelled', cancelledAt: new Date() },
    });
    await payments.ofOrders.orderEnded(tx, id);
  });
}

describe('an order is paid', () => {
  let local: Api;
  let shop: Organization;

  beforeAll(async () => {
    local = await startApi({ payments: { pace: PACE } });
    shop = await local.createOrganization();
    local.app.paying.start();
  });

  afterAll(() => local?.close());

  const rows = (text: string, values?: unknown[]) => asSuperuser(text, values, local);
  const isNow = (id: string, status: string) => becomes(id, status, shop.viewer);

  it('with the amount that stands in the database, and becomes paid once the money is there', async () => {
    const orderId = await createOrder(local, shop, { total: 4_250 });
    const input = { orderId, source: 'local-card-ok', idempotencyKey: newUuid() };
    const { payOrder } = await shop.owner.ask(PAY, { input });
    expect(payOrder).toEqual({
      id: payOrder.id,
      status: 'OPEN',
      amount: { amount: 4_250, currency: 'EUR' },
      provider: 'local',
      reference: payOrder.id,
      failure: null,
      orderId,
    });
    await isNow(payOrder.id, 'CAPTURED');
    expect(await paymentOf(payOrder.id, shop.viewer)).toEqual({
      id: payOrder.id,
      status: 'CAPTURED',
      failure: null,
      reference: `local-${payOrder.id}`,
      amount: { amount: 4_250, currency: 'EUR', decimal: '42.50' },
    });
    const { paid_at: paidAt, ...order } = await orderOf(orderId, rows);
    expect(order).toEqual({ status: 'paid', version: 2, events: ['paid'] });
    expect(paidAt).toEqual(expect.any(Date));
    const { payments } = await shop.viewer.ask('{ payments { nodes { id } } }');
    expect(payments.nodes).toEqual([{ id: payOrder.id }]);
  });

  it('when a slow card has been thought about, and a signed webhook says so', async () => {
    const orderId = await createOrder(local, shop);
    const input = { orderId, source: 'local-card-slow', idempotencyKey: newUuid() };
    const { payOrder } = await shop.owner.ask(PAY, { input });
    await isNow(payOrder.id, 'CAPTURED');
    const events = await rows('SELECT provider, event_id, kind FROM payment_events');
    expect(events).toEqual([
      { provider: 'local', event_id: `authorized-${payOrder.id}`, kind: 'authorized' },
    ]);
    expect((await orderOf(orderId, rows)).status).toBe('paid');
  });

  it('not with a card that is declined; it stays pending, and can be paid again', async () => {
    const orderId = await createOrder(local, shop);
    const pay = (source: string) =>
      shop.owner.ask(PAY, { input: { orderId, source, idempotencyKey: newUuid() } });
    const { payOrder: first } = await pay('local-card-declined');
    await isNow(first.id, 'FAILED');
    expect((await paymentOf(first.id, shop.viewer)).failure).toBe('The card was declined.');
    expect((await orderOf(orderId, rows)).status).toBe('pending');
    const { payOrder: second } = await pay('local-card-ok');
    await isNow(second.id, 'CAPTURED');
    expect((await orderOf(orderId, rows)).status).toBe('paid');
  });

  it('at once where there is nothing to pay, without asking anybody', async () => {
    const orderId = await createOrder(local, shop, { total: 0 });
    const input = { orderId, source: 'none', idempotencyKey: newUuid() };
    const { payOrder } = await shop.owner.ask(PAY, { input });
    expect(payOrder.status).toBe('CAPTURED');
    expect((await orderOf(orderId, rows)).status).toBe('paid');
    expect(
      await rows('SELECT * FROM payment_commands WHERE payment_id = $1', [
        decodeId('pay', payOrder.id, 'id'),
      ]),
    ).toEqual([]);
  });
});

describe('whoever pays', () => {
  it('gets one payment for one key, however often and at once it comes', async () => {
    const orderId = await createOrder(api, acme);
    const input = { orderId, source: 'ok', idempotencyKey: 'checkout-1' };
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => acme.owner.ask(PAY, { input })),
    );
    const ids = new Set(answers.map(({ payOrder }) => payOrder.id));
    expect(ids.size).toBe(1);
    expect(await asSuperuser('SELECT count(*)::int AS n FROM payments')).toEqual([{ n: 1 }]);
  });

  it.each(['', ' ', 'with space', 'ümlaut', 'x'.repeat(201), 'a\nb'])(
    'is told that it is no key: %j',
    async (idempotencyKey) => {
      const orderId = await createOrder(api, acme);
      const input = { orderId, source: 'ok', idempotencyKey };
      const { extensions } = await acme.owner.fail(PAY, { input });
      expect(extensions).toMatchObject({
        code: 'BAD_USER_INPUT',
        fields: [{ path: 'input.idempotencyKey' }],
      });
    },
  );

  it('may choose a key of 200 characters', async () => {
    const orderId = await createOrder(api, acme);
    const input = { orderId, source: 'ok', idempotencyKey: `~${'x'.repeat(198)}!` };
    await acme.owner.ask(PAY, { input });
  });

  it('is told when the key is that of an attempt with another source, also when that is over', async () => {
    const { orderId, id, idempotencyKey } = await payOrder({ source: 'declined' });
    const again = (source: string) => ({ input: { orderId, source, idempotencyKey } });
    for (const status of ['OPEN', 'FAILED']) {
      if (status === 'FAILED') startPayments();
      await becomes(id, status);
      const { extensions, message } = await acme.owner.fail(PAY, again('ok'));
      expect(extensions).toEqual({ code: 'IDEMPOTENCY_KEY_REUSED' });
      expect(message).toMatch(/^Another request was made under this key/);
      expect((await acme.owner.ask(PAY, again('declined'))).payOrder.id).toBe(id);
    }
    expect(await asSuperuser('SELECT count(*)::int AS n FROM payments')).toEqual([{ n: 1 }]);
  });

  it('is told of the payment that is under way, where the key is another one', async () => {
    provider.isAway = true;
    const { orderId } = await payOrder();
    const input = { orderId, source: 'ok', idempotencyKey: newUuid() };
    const { extensions } = await acme.owner.fail(PAY, { input });
    expect(extensions).toEqual({ code: 'ALREADY_EXISTS', field: 'input.orderId' });
  });

  it('cannot pay what is not pending', async () => {
    const orderId = await createOrder(api, acme, { status: 'cancelled' });
    const input = { orderId, source: 'ok', idempotencyKey: newUuid() };
    const { extensions } = await acme.owner.fail(PAY, { input });
    expect(extensions).toEqual({ code: 'ORDER_STATUS', status: 'CANCELLED' });
  });

  it('pays orders of their own, and those of others with orders:write alone', async () => {
    const own = await createOrder(api, acme, { ownerId: acme.viewer.uuid });
    const others = await createOrder(api, acme, { ownerId: acme.member.uuid });
    const input = (orderId: string) => ({ orderId, source: 'ok', idempotencyKey: newUuid() });
    await acme.viewer.ask(PAY, { input: input(own) });
    const { extensions } = await acme.viewer.fail(PAY, { input: input(others) });
    expect(extensions).toEqual({ code: 'FORBIDDEN', permission: 'orders:write' });
    await acme.admin.ask(PAY, { input: input(others) });
  });

  it('finds nothing of another organization', async () => {
    const orderId = await createOrder(api, globex);
    const input = { orderId, source: 'ok', idempotencyKey: newUuid() };
    const foreign = await acme.owner.fail(PAY, { input });
    expect(foreign.extensions).toEqual({ code: 'NOT_FOUND', id: orderId });
    const { payOrder } = await globex.owner.ask(PAY, { input });
    expect(await paymentOf(payOrder.id)).toBeNull();
    expect(await paymentOf(unknownId('pay'))).toBeNull();
  });

  it('is refused after twenty tries that came to nothing', async () => {
    const orderId = await createOrder(api, acme);
    await asSuperuser(
      `INSERT INTO payments (org_id, id, order_id, owner_id, provider, reference, status, amount, currency)
       SELECT org_id, gen_random_uuid(), id, owner_id, 'local', 'try-' || n, 'failed', 1, 'EUR'
       FROM orders, generate_series(1, 20) AS n WHERE id = $1`,
      [decodeId('order', orderId, 'id')],
    );
    const input = { orderId, source: 'ok', idempotencyKey: newUuid() };
    const { extensions } = await acme.owner.fail(PAY, { input });
    expect(extensions.fields).toEqual([{ path: 'input.orderId', message: expect.any(String) }]);
  });

  it('leaves no source of money in clear, and none at all once it has been asked', async () => {
    provider.isAway = true;
    const { id } = await payOrder({ source: 'card-of-ada-lovelace' });
    const [{ sealed }] = await commands();
    expect(sealed.toString('latin1')).not.toContain('card-of-ada-lovelace');
    provider.isAway = false;
    startPayments();
    await becomes(id, 'CAPTURED');
    expect(provider.callsOf('authorize')[0]?.source).toBe('card-of-ada-lovelace');
    expect((await commands()).map((command) => command.sealed)).toEqual([null, null]);
  });
});

describe('a provider', () => {
  it('is asked with the id of the payment and the amount of the order, once for each step', async () => {
    startPayments();
    const { id } = await payOrder({ total: 777 });
    await becomes(id, 'CAPTURED');
    const key = expect.any(String);
    expect(provider.calls).toEqual([
      { method: 'authorize', id, key, reference: id, amount: 777, source: 'ok' },
      { method: 'capture', id, key, reference: `ref-${id}`, amount: 777 },
    ]);
    expect(new Set(provider.calls.map((call) => call.key)).size).toBe(2);
  });

  it('that is away is asked again later, and money moves once', async () => {
    provider.isAway = true;
    startPayments();
    const { id, orderId } = await payOrder();
    await eventually(() => provider.calls.length >= 3, 'it was asked several times');
    const [command] = await commands();
    expect(command).toMatchObject({ kind: 'authorize', done_at: null, last_error: 'away' });
    expect((await paymentOf(id)).status).toBe('OPEN');
    provider.isAway = false;
    await becomes(id, 'CAPTURED');
    expect(provider.done).toEqual(new Set([`authorize ${id}`, `capture ${id}`]));
    expect(new Set(provider.calls.map((call) => call.id))).toEqual(new Set([id]));
    expect(new Set(provider.callsOf('authorize').map(({ key }) => key)).size).toBe(1);
    expect(await orderOf(orderId)).toMatchObject({ status: 'paid', version: 2, events: ['paid'] });
  });

  it('is asked again with the same id when the process ends before the answer is written down', async () => {
    await asSuperuser(`CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
      'BEGIN RAISE EXCEPTION ''away''; END'`);
    await asSuperuser(
      'CREATE TRIGGER refuse BEFORE UPDATE ON payments FOR EACH ROW EXECUTE FUNCTION refuse()',
    );
    const { id, orderId } = await payOrder();
    const first = startPayments();
    await eventually(() => provider.done.has(`authorize ${id}`), 'it was authorized');
    await first.paying.stop(0);
    await asSuperuser('DROP FUNCTION refuse CASCADE');
    expect((await paymentOf(id)).status).toBe('OPEN');
    startPayments();
    await becomes(id, 'CAPTURED');
    expect(provider.callsOf('authorize').map((call) => call.id)).toEqual([id, id]);
    expect(provider.done).toEqual(new Set([`authorize ${id}`, `capture ${id}`]));
    expect(await orderOf(orderId)).toMatchObject({ status: 'paid', version: 2, events: ['paid'] });
  });

  it('that never decides is given up, and lets go of whatever there may be', async () => {
    provider.isAway = true;
    startPayments({ giveUpAfterMs: 0 });
    const { id } = await payOrder();
    await becomes(id, 'FAILED');
    expect((await paymentOf(id)).failure).toBe('The provider did not answer in time.');
    provider.isAway = false;
    await eventually(() => provider.done.has(`cancel ${id}`), 'it was let go of');
    expect((await paymentOf(id)).status).toBe('FAILED');
  });

  it('is asked once more to let go of what it sets aside after it had nothing to let go of', async () => {
    startPayments({ giveUpAfterMs: 0, askAgainMs: 0 });
    const { id } = await payOrder({ source: 'thought about' });
    await becomes(id, 'FAILED');
    const isDone = async () => (await commands()).every(({ done_at }) => done_at !== null);
    await eventually(isDone, 'it had nothing to let go of');
    expect(provider.callsOf('cancel')).toHaveLength(1);
    await tell(id, { kind: 'authorized' });
    await eventually(() => provider.callsOf('cancel').length === 2, 'it was let go of');
    await eventually(isDone, 'nothing is left to be done');
    expect(new Set(provider.callsOf('cancel').map(({ key }) => key)).size).toBe(2);
    expect(provider.callsOf('capture')).toEqual([]);
    expect((await paymentOf(id)).status).toBe('FAILED');
  });

  it('is asked once more also when it was being asked while it set the money aside', async () => {
    const answer = provider.hold('cancel');
    // One at a time: what is put down anew is still waiting when the first is answered.
    startPayments({ giveUpAfterMs: 0, askAgainMs: 0, parallel: 1 });
    const { id } = await payOrder({ source: 'thought about' });
    await eventually(() => provider.callsOf('cancel').length === 1, 'it is asked to let go');
    await tell(id, { kind: 'authorized' });
    answer();
    const isDone = async () => (await commands()).every(({ done_at }) => done_at !== null);
    await eventually(isDone, 'nothing is left to be done');
    expect(new Set(provider.callsOf('cancel').map(({ key }) => key)).size).toBe(2);
  });

  it('that is not there leaves the payment open', async () => {
    const { id } = await payOrder();
    startPayments({}, []);
    await eventually(async () => (await commands())[0]?.last_error, 'it was looked for');
    expect((await commands())[0].last_error).toBe('there is no provider of this name here');
    expect((await paymentOf(id)).status).toBe('OPEN');
  });
});

describe('what the provider calls a payment', () => {
  beforeEach(() => {
    provider.knowsOurIds = false;
  });

  it('is what it is captured and refunded by, though a webhook was faster than the answer', async () => {
    const answer = provider.hold('authorize');
    const payments = startPayments();
    const { id, orderId } = await payOrder();
    await eventually(() => provider.calls.length === 1, 'the provider was asked');
    await tell(id, { kind: 'authorized' });
    expect(await paymentOf(id)).toMatchObject({ status: 'AUTHORIZED', reference: id });
    answer();
    await becomes(id, 'CAPTURED');
    expect(provider.callsOf('capture').at(-1)?.reference).toBe(`ref-${id}`);
    await cancelOrder(payments, orderId);
    await becomes(id, 'REFUNDED');
    expect(provider.callsOf('refund').map(({ reference }) => reference)).toEqual([`ref-${id}`]);
  });

  it('is kept also when the money was there before the answer', async () => {
    const answer = provider.hold('authorize');
    const payments = startPayments();
    const { id, orderId } = await payOrder();
    await eventually(() => provider.calls.length === 1, 'the provider was asked');
    await tell(id, { kind: 'captured' });
    answer();
    const isNamed = async () => (await paymentOf(id)).reference === `ref-${id}`;
    await eventually(isNamed, 'the answer was kept');
    expect((await paymentOf(id)).status).toBe('CAPTURED');
    await cancelOrder(payments, orderId);
    await becomes(id, 'REFUNDED');
    expect(provider.callsOf('refund').map(({ reference }) => reference)).toEqual([`ref-${id}`]);
  });

  it('may be told by the webhook, and does not change any more', async () => {
    const answer = provider.hold('authorize');
    startPayments();
    const { id } = await payOrder();
    await eventually(() => provider.calls.length === 1, 'the provider was asked');
    await tell(id, { kind: 'authorized', providerReference: 'pi_1' });
    await becomes(id, 'CAPTURED');
    expect(provider.callsOf('capture').map(({ reference }) => reference)).toEqual(['pi_1']);
    answer();
    await tell('pi_1', { kind: 'refunded', providerReference: 'pi_2' });
    expect(await paymentOf(id)).toMatchObject({ status: 'REFUNDED', reference: 'pi_1' });
  });
});

describe('the money of an order that ends', () => {
  it('goes back once, however often that is told', async () => {
    const payments = startPayments();
    const { id, orderId } = await payOrder();
    await becomes(id, 'CAPTURED');
    await cancelOrder(payments, orderId);
    await cancelOrder(payments, orderId);
    await becomes(id, 'REFUNDED');
    await cancelOrder(payments, orderId);
    expect(provider.callsOf('refund')).toHaveLength(1);
    expect((await commands()).filter(({ done_at }) => !done_at)).toEqual([]);
  });

  it('is tried to be given back until the provider does it', async () => {
    const payments = startPayments({ giveUpAfterMs: 0 });
    const { id, orderId } = await payOrder();
    await becomes(id, 'CAPTURED');
    provider.isAway = true;
    await cancelOrder(payments, orderId);
    await eventually(() => provider.callsOf('refund').length >= 3, 'it was asked several times');
    provider.isAway = false;
    await becomes(id, 'REFUNDED');
    expect(provider.done.has(`refund ${id}`)).toBe(true);
  });

  it('is not asked for where nobody has been asked yet', async () => {
    const { id, orderId } = await payOrder();
    await cancelOrder(createOthers(), orderId);
    expect((await paymentOf(id)).status).toBe('CANCELLED');
    startPayments();
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(provider.calls).toEqual([]);
  });

  it('is let go of when it ends while the provider is being asked', async () => {
    const letGo = provider.hold('authorize');
    const payments = startPayments();
    const { id, orderId } = await payOrder();
    await eventually(() => provider.calls.length === 1, 'the provider was asked');
    await cancelOrder(payments, orderId);
    letGo();
    await becomes(id, 'CANCELLED');
    expect(provider.calls.map(({ method }) => method)).toEqual(['authorize', 'cancel']);
    expect((await orderOf(orderId)).status).toBe('cancelled');
  });

  it('goes back when it ends while the money is being taken', async () => {
    const letGo = provider.hold('capture');
    const payments = startPayments();
    const { id, orderId } = await payOrder();
    await eventually(() => provider.calls.length === 2, 'the money is being taken');
    await cancelOrder(payments, orderId);
    letGo();
    await becomes(id, 'REFUNDED');
    expect(provider.calls.map(({ method }) => method)).toEqual(['authorize', 'capture', 'refund']);
    expect(await orderOf(orderId)).toMatchObject({ status: 'cancelled', events: null });
  });
});

describe('what is wrong with a payment', () => {
  const PROBLEM = 'query ($id: ID!) { payment(id: $id) { problem } }';
  const problemOf = async (id: string) =>
    (await acme.viewer.ask(PROBLEM, { id })).payment.problem as string | null;

  it('is told to the staff while a provider fails, and no more once it answers', async () => {
    provider.isAway = true;
    startPayments();
    const { id } = await payOrder();
    await eventually(async () => (await problemOf(id)) === 'away', 'the staff is told');
    provider.isAway = false;
    await becomes(id, 'CAPTURED');
    expect(await problemOf(id)).toBeNull();
  });

  it('is told to the staff when a provider refuses to give money back, until it does', async () => {
    const payments = startPayments();
    const { id, orderId } = await payOrder();
    await becomes(id, 'CAPTURED');
    provider.refusesRefunds = true;
    await cancelOrder(payments, orderId);
    await eventually(async () => (await problemOf(id)) === 'Too old.', 'the staff is told');
    expect((await paymentOf(id)).status).toBe('CAPTURED');
    provider.refusesRefunds = false;
    await becomes(id, 'REFUNDED');
    expect(await problemOf(id)).toBeNull();
  });

  it('is over when a provider that was away has let go of what was given up', async () => {
    provider.isAway = true;
    startPayments({ giveUpAfterMs: 0 });
    const { id } = await payOrder();
    await becomes(id, 'FAILED');
    await eventually(async () => (await problemOf(id)) === 'away', 'the staff is told');
    provider.isAway = false;
    await eventually(async () => (await problemOf(id)) === null, 'nothing is wrong any more');
    expect((await paymentOf(id)).status).toBe('FAILED');
    expect(provider.done.has(`cancel ${id}`)).toBe(true);
  });

  it('is told to no customer, who sees the payment', async () => {
    const customer = await acme.createPerson('customer', 'carla');
    const orderId = await createOrder(api, acme, { ownerId: customer.uuid });
    const input = { orderId, source: 'ok', idempotencyKey: newUuid() };
    const { payOrder: payment } = await customer.ask(PAY, { input });
    expect((await paymentOf(payment.id, customer)).status).toBe('OPEN');
    const { extensions, path } = await customer.fail(PROBLEM, { id: payment.id });
    expect({ code: extensions.code, path }).toEqual({
      code: 'FORBIDDEN',
      path: ['payment', 'problem'],
    });
    expect(await problemOf(payment.id)).toBeNull();
  });

  it('is that a provider has taken another sum, which does not count', async () => {
    provider.captures = { amount: 4_249, currency: 'EUR' };
    startPayments();
    const { id, orderId } = await payOrder();
    await eventually(async () => (await problemOf(id)) !== null, 'the staff is told');
    expect(await problemOf(id)).toBe(
      'The provider tells of 4249 EUR in minor units, where it is about 4250 EUR.',
    );
    expect(await paymentOf(id)).toMatchObject({ status: 'AUTHORIZED', reference: `ref-${id}` });
    expect((await orderOf(orderId)).status).toBe('pending');
    provider.captures = { amount: 4_250, currency: 'EUR' };
    await becomes(id, 'CAPTURED');
    expect(await problemOf(id)).toBeNull();
  });
});

describe('commands and events', () => {
  it('are seen by their own organization alone, and events are changed by nobody', async () => {
    const { id } = await payOrder();
    await asSuperuser(
      `INSERT INTO payment_events (org_id, provider, event_id, kind, payment_id, occurred_at)
       VALUES ($1, 'local', 'event', 'captured', $2, now())`,
      [acme.tenant.orgId, decodeId('pay', id, 'id')],
    );
    const seenBy = ({ tenant }: Organization) =>
      api.app.tenancy.withTenant(tenant, 'read', async ({ prisma }) => [
        await prisma.paymentCommand.count(),
        await prisma.paymentEvent.count(),
      ]);
    expect(await seenBy(acme)).toEqual([1, 1]);
    expect(await seenBy(globex)).toEqual([0, 0]);
    await withAdminConnection(api.database.appUrl, async (client) => {
      const { rows } = await client.query('SELECT * FROM payment_commands');
      expect(rows).toEqual([]);
      for (const write of ['DELETE FROM', 'UPDATE']) {
        const set = write === 'UPDATE' ? "SET kind = 'other'" : '';
        await expect(client.query(`${write} payment_events ${set}`)).rejects.toMatchObject({
          code: '42501',
        });
      }
    });
  });
});

describe('a server without a provider', () => {
  it('takes no payments, and says so', async () => {
    const other = await startApi({ payments: { provider: null } });
    try {
      const organization = await other.createOrganization();
      const orderId = await createOrder(other, organization);
      const input = { orderId, source: 'ok', idempotencyKey: newUuid() };
      const { extensions } = await organization.owner.fail(PAY, { input });
      expect(extensions).toEqual({ code: 'UNAVAILABLE', retryable: false });
    } finally {
      await other.close();
    }
  });
});
