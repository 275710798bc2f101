import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  LocalPaymentProvider,
  type SentWebhook,
  SIGNATURE_HEADER,
} from '../src/commerce/payment/local.provider.js';
import { WebhookSecrets } from '../src/commerce/payment/webhook-secrets.js';
import { addSignedRoutes } from '../src/server/signed-routes.js';
import { decodeId, encodeId, newUuid } from '../src/shared/ids.js';
import { withAdminConnection } from '../src/tenancy/index.js';
import { type Api, type Organization, startApi, unknownId } from './support/api.js';
import { refuseFirstTries, takeTries } from './support/first-tries.js';
import { silent } from './support/organizations.js';
import { createOrder } from './support/paid-order.js';

const SECRET = 'a secret that webhooks are signed with, now';
const BEFORE = 'a secret that webhooks were signed with before';
const MOST_BYTES = 65_536;

const PAY = 'mutation ($input: PayOrderInput!) { payOrder(input: $input) { id reference } }';

let api: Api;
let acme: Organization;
let globex: Organization;
/** Of acme. */
let orderId: string;
let paymentId: string;

beforeAll(async () => {
  // Nothing asks a provider here: whatever happens, a webhook has brought it about.
  api = await startApi({
    payments: { webhookSecrets: [SECRET, BEFORE] },
    prepare: (database) =>
      refuseFirstTries(database, { table: 'payment_events', column: 'event_id' }),
  });
});

beforeEach(async () => {
  acme = await api.createOrganization();
  globex = await api.createOrganization();
  [orderId, paymentId] = await pay(acme);
});

afterAll(() => api?.close());

async function pay(organization: Organization): Promise<[orderId: string, paymentId: string]> {
  const order = await createOrder(api, organization);
  const input = { orderId: order, source: 'ok', idempotencyKey: newUuid() };
  const { payOrder } = await organization.owner.ask(PAY, { input });
  return [order, payOrder.id];
}

interface Event {
  id: string;
  type: string;
  payment: string;
  reason?: string;
  amount?: number;
  currency?: string;
}

interface Signing {
  of?: Organization;
  secret?: string;
  /** How far from now the signature is dated. */
  seconds?: number;
}

/** What a provider would send: that acme's payment was captured, when nothing else is said. */
function signed(
  event: Partial<Event> = {},
  { of = acme, secret = SECRET, seconds = 0 }: Signing = {},
): SentWebhook {
  const now = () => new Date(Date.now() + seconds * 1_000);
  const secrets = new WebhookSecrets([secret]);
  const provider = new LocalPaymentProvider({ secrets, clock: { now }, logger: silent });
  return provider.webhook(of.tenant.orgId, {
    id: newUuid(),
    type: 'payment.captured',
    payment: paymentId,
    ...event,
  });
}

async function post(
  { headers, body }: { headers: Readonly<Record<string, string>> | Headers; body: string },
  { to = acme.id, provider = 'local' } = {},
) {
  const response = await fetch(`${api.url}/payments/webhooks/${provider}/${to}`, {
    method: 'POST',
    headers,
    body,
  });
  return { status: response.status, text: await response.text() };
}

const asSuperuser = (text: string, values: unknown[] = []) =>
  withAdminConnection(api.database.superuserUrl, async (client) => {
    const { rows } = await client.query(text, values);
    return rows;
  });

const eventsOf = ({ tenant }: Organization) =>
  asSuperuser(
    'SELECT event_id, kind, payment_id FROM payment_events WHERE org_id = $1 ORDER BY received_at, event_id',
    [tenant.orgId],
  );

const statusOf = async (id: string) =>
  (await asSuperuser('SELECT status FROM payments WHERE id = $1', [decodeId('pay', id, 'id')]))[0]
    .status;

async function orderState() {
  const [order] = await asSuperuser(
    `SELECT status, version, (SELECT count(*)::int FROM order_events WHERE order_id = orders.id) AS events
     FROM orders WHERE id = $1`,
    [decodeId('order', orderId, 'id')],
  );
  return order;
}

const commandsOf = async (id: string) =>
  (
    await asSuperuser(
      'SELECT kind FROM payment_commands WHERE payment_id = $1 AND done_at IS NULL ORDER BY kind',
      [decodeId('pay', id, 'id')],
    )
  ).map(({ kind }) => kind);

const TAKEN = { status: 200, text: '{"received":true}' };
const PAID = { status: 'paid', version: 2, events: 1 };
const PENDING = { status: 'pending', version: 1, events: 0 };

describe('a webhook', () => {
  it('says that the money is there, and the order is paid', async () => {
    expect(await post(signed({ id: 'event-1' }))).toEqual(TAKEN);
    expect(await statusOf(paymentId)).toBe('captured');
    expect(await orderState()).toEqual(PAID);
    expect(await commandsOf(paymentId)).toEqual([]);
    expect(await eventsOf(acme)).toEqual([
      { event_id: 'event-1', kind: 'captured', payment_id: decodeId('pay', paymentId, 'id') },
    ]);
  });

  it('that PostgreSQL ends because it has waited in a circle is taken again, once', async () => {
    expect(await post(signed({ id: 'deadlock-2' }))).toEqual(TAKEN);
    expect(await takeTries(api.database)).toBe(3);
    expect(await eventsOf(acme)).toMatchObject([{ event_id: 'deadlock-2' }]);
    expect(await orderState()).toEqual(PAID);
  });

  it('says that money is set aside, which is then taken; and why it is not', async () => {
    await post(signed({ type: 'payment.authorized' }));
    expect(await statusOf(paymentId)).toBe('authorized');
    expect(await commandsOf(paymentId)).toEqual(['capture']);
    const [, other] = await pay(acme);
    const reason = `no\n${'x'.repeat(300)}`;
    await post(signed({ type: 'payment.declined', payment: other, reason }));
    expect(await statusOf(other)).toBe('failed');
    const { payment } = await acme.owner.ask('query ($id: ID!) { payment(id: $id) { failure } }', {
      id: other,
    });
    expect(payment.failure).toBe(`no ${'x'.repeat(197)}`);
  });

  it('is taken with any of the secrets that are good, and some minutes of difference', async () => {
    for (const signing of [{ secret: BEFORE }, { seconds: -290 }, { seconds: 290 }]) {
      expect(await post(signed({}, signing))).toEqual(TAKEN);
    }
    expect(await eventsOf(acme)).toHaveLength(3);
  });

  it('needs no credentials, and looks at none', async () => {
    const { headers, body } = signed();
    const answer = await post({ body, headers: { ...headers, authorization: 'Bearer nonsense' } });
    expect(answer).toEqual(TAKEN);
  });

  it('finds the payment by the name that the provider has given it', async () => {
    await asSuperuser("UPDATE payments SET reference = 'ref-1' WHERE id = $1", [
      decodeId('pay', paymentId, 'id'),
    ]);
    expect(await post(signed({ payment: 'ref-1' }))).toEqual(TAKEN);
    expect(await orderState()).toEqual(PAID);
  });
});

describe('a webhook that cannot be verified', () => {
  const cases: [what: string, send: () => Promise<{ status: number; text: string }>][] = [
    ['without a signature', () => post({ ...signed(), headers: {} })],
    ['with an empty one', () => post({ ...signed(), headers: { [SIGNATURE_HEADER]: '' } })],
    [
      'with one that is made up',
      () => {
        const { headers, body } = signed();
        const signature = headers[SIGNATURE_HEADER]?.replace(/v1=.*/, `v1=${'a'.repeat(64)}`);
        return post({ body, headers: { [SIGNATURE_HEADER]: signature as string } });
      },
    ],
    ['of a secret that is not good', () => post(signed({}, { secret: 'some other secret' }))],
    ['that is too old', () => post(signed({}, { seconds: -310 }))],
    ['from the future', () => post(signed({}, { seconds: 310 }))],
    [
      'that was dated anew',
      () => {
        const { headers, body } = signed({}, { seconds: -310 });
        const now = Math.floor(Date.now() / 1_000);
        const signature = headers[SIGNATURE_HEADER]?.replace(/t=\d+/, `t=${now}`);
        return post({ body, headers: { [SIGNATURE_HEADER]: signature as string } });
      },
    ],
    [
      'whose body was changed',
      () => {
        const { headers, body } = signed();
        return post({ headers, body: `${body} ` });
      },
    ],
    [
      'with two signatures in two headers',
      () => {
        const { headers, body } = signed();
        const twice = new Headers(headers as Record<string, string>);
        twice.append(SIGNATURE_HEADER, headers[SIGNATURE_HEADER] as string);
        return post({ body, headers: twice });
      },
    ],
    ['of another organization', () => post(signed({}, { of: globex }))],
    ['in the address of another', () => post(signed(), { to: globex.id })],
    ['of an organization that is not there', () => post(signed(), { to: unknownId('org') })],
    ['in an address that makes no sense', () => post(signed(), { to: 'acme' })],
    ['of a provider that nobody knows', () => post(signed(), { provider: 'stripe' })],
    ['that tells of half a sum', () => post(signed({ amount: 4_250 }))],
    ['that tells of no sum', () => post(signed({ amount: -1, currency: 'EUR' }))],
    ['that says nothing that could be kept', () => post(signed({ id: 'x'.repeat(201) }))],
  ];

  it.each(cases)('is refused: %s', async (_what, send) => {
    const { status, text } = await send();
    expect({ status, code: JSON.parse(text).errors[0].extensions }).toEqual({
      status: 400,
      code: { code: 'BAD_REQUEST' },
    });
    expect(await orderState()).toEqual(PENDING);
    expect([...(await eventsOf(acme)), ...(await eventsOf(globex))]).toEqual([]);
  });

  it('is told nothing else, whatever it was', async () => {
    const answers = new Set<string>();
    for (const [, send] of cases) answers.add((await send()).text);
    expect(answers.size).toBe(1);
  });

  it('is too large, and is not read', async () => {
    const { status } = await post({ headers: {}, body: 'x'.repeat(MOST_BYTES + 1) });
    expect(status).toBe(413);
    expect((await post({ headers: {}, body: 'x'.repeat(MOST_BYTES) })).status).toBe(400);
  });
});

describe('a webhook that comes again', () => {
  it('is taken, and does nothing twice', async () => {
    const webhook = signed();
    for (let time = 0; time < 3; time++) expect(await post(webhook)).toEqual(TAKEN);
    expect(await orderState()).toEqual(PAID);
    expect(await eventsOf(acme)).toHaveLength(1);
  });

  it('does nothing twice when twenty come at once', async () => {
    const webhook = signed();
    const answers = await Promise.all(Array.from({ length: 20 }, () => post(webhook)));
    expect(answers).toEqual(Array.from({ length: 20 }, () => TAKEN));
    expect(await orderState()).toEqual(PAID);
    expect(await eventsOf(acme)).toHaveLength(1);
  });

  it('tells nothing new under the same id', async () => {
    await post(signed({ id: 'same', type: 'payment.authorized' }));
    await post(signed({ id: 'same', type: 'payment.captured' }));
    expect(await statusOf(paymentId)).toBe('authorized');
  });

  it('is another one in another organization', async () => {
    const [, theirs] = await pay(globex);
    await post(signed({ id: 'same' }));
    await post(signed({ id: 'same', payment: theirs }, { of: globex }), { to: globex.id });
    expect(await statusOf(theirs)).toBe('captured');
    expect(await eventsOf(globex)).toHaveLength(1);
  });

  it('changes nothing that a payment has behind it', async () => {
    for (const type of ['captured', 'authorized', 'declined', 'cancelled']) {
      expect(await post(signed({ type: `payment.${type}` }))).toEqual(TAKEN);
    }
    expect(await statusOf(paymentId)).toBe('captured');
    expect(await orderState()).toEqual(PAID);
    expect(await eventsOf(acme)).toHaveLength(4);
  });
});

describe('a webhook about something else', () => {
  it('is to come again, of a payment that nobody knows', async () => {
    const [, theirs] = await pay(globex);
    for (const payment of [unknownId('pay'), 'nothing', theirs, encodeId('order', newUuid())]) {
      const { status, text } = await post(signed({ payment }));
      expect({ status, errors: JSON.parse(text).errors }).toEqual({
        status: 404,
        errors: [
          {
            message: 'Nobody knows this payment yet. Send the message again later.',
            extensions: { code: 'NOT_FOUND', id: payment },
          },
        ],
      });
    }
    expect(await eventsOf(acme)).toEqual([]);
    expect(await statusOf(theirs)).toBe('open');
    expect(await orderState()).toEqual(PENDING);
  });

  it('counts when it comes again, and the payment is known by then', async () => {
    const webhook = signed({ id: 'early', payment: 'ref-early' });
    expect((await post(webhook)).status).toBe(404);
    await asSuperuser("UPDATE payments SET reference = 'ref-early' WHERE id = $1", [
      decodeId('pay', paymentId, 'id'),
    ]);
    expect(await post(webhook)).toEqual(TAKEN);
    expect(await statusOf(paymentId)).toBe('captured');
    expect(await orderState()).toEqual(PAID);
    expect((await eventsOf(acme)).map(({ event_id }) => event_id)).toEqual(['early']);
  });

  it('is recorded, of a kind that nobody knows', async () => {
    expect(await post(signed({ type: 'payment.disputed' }))).toEqual(TAKEN);
    expect((await eventsOf(acme)).map(({ kind }) => kind)).toEqual(['other']);
    expect(await statusOf(paymentId)).toBe('open');
    const elsewhere = { type: 'payout.paid', payment: 'payout-1' };
    expect(await post(signed(elsewhere))).toEqual(TAKEN);
    expect((await eventsOf(acme)).map(({ payment_id: of }) => of)).toContain(null);
  });
});

describe('a webhook that tells of a sum', () => {
  const problemOf = async (id: string) =>
    (await acme.owner.ask('query ($id: ID!) { payment(id: $id) { problem } }', { id })).payment
      .problem as string | null;

  it('counts when it is that of the payment', async () => {
    expect(await post(signed({ amount: 4_250, currency: 'EUR' }))).toEqual(TAKEN);
    expect(await statusOf(paymentId)).toBe('captured');
    expect(await problemOf(paymentId)).toBeNull();
    await post(signed({ type: 'payment.refunded', amount: 4_250, currency: 'EUR' }));
    expect(await statusOf(paymentId)).toBe('refunded');
  });

  it.each([
    ['too little', 4_249, 'EUR'],
    ['too much', 4_251, 'EUR'],
    ['of another currency', 4_250, 'USD'],
  ])(
    'changes nothing, and is told to the staff, when it is %s',
    async (_what, amount, currency) => {
      const problem = `The provider tells of ${amount} ${currency} in minor units, where it is about 4250 EUR.`;
      expect(await post(signed({ amount, currency }))).toEqual(TAKEN);
      expect(await statusOf(paymentId)).toBe('open');
      expect(await orderState()).toEqual(PENDING);
      expect(await problemOf(paymentId)).toBe(problem);
      expect(await commandsOf(paymentId)).toEqual(['authorize']);
      await post(signed());
      expect(await problemOf(paymentId)).toBeNull();
      await post(signed({ type: 'payment.refunded', amount, currency }));
      expect(await statusOf(paymentId)).toBe('captured');
      expect(await orderState()).toEqual(PAID);
      expect(await problemOf(paymentId)).toBe(problem);
    },
  );
});

describe('money that comes too late', () => {
  it('goes back when the order was cancelled meanwhile', async () => {
    await asSuperuser(
      "UPDATE orders SET status = 'cancelled', cancelled_at = now() WHERE id = $1",
      [decodeId('order', orderId, 'id')],
    );
    await post(signed());
    expect(await commandsOf(paymentId)).toEqual(['refund']);
    expect((await orderState()).status).toBe('cancelled');
  });

  it('goes back when somebody was told that the payment had failed', async () => {
    await post(signed({ type: 'payment.declined' }));
    await post(signed({ type: 'payment.captured' }));
    expect(await statusOf(paymentId)).toBe('captured');
    expect(await commandsOf(paymentId)).toEqual(['refund']);
    expect(await orderState()).toEqual(PENDING);
  });
});

describe('a route without a caller', () => {
  it('does not serve unless it is listed', () => {
    const route = {
      method: 'POST' as const,
      path: '/left/open',
      description: '',
      credential: '',
      bytes: 1,
      open: () => null,
    };
    expect(() => addSignedRoutes({} as never, [route], {} as never)).toThrow(
      'POST /left/open has no caller: list it in SIGNED_ROUTES, should it be so.',
    );
  });
});
