import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { withAdminConnection } from '../src/tenancy/index.js';
import { type Api, type Organization, startApi } from './support/api.js';
import { MailReader } from './support/mail-reader.js';
import { createStockedProduct } from './support/stocked-product.js';

const CORRECT =
  'mutation ($input: CorrectStockInput!) { correctStock(input: $input) { stock { onHand } } }';
const SET_THRESHOLD =
  'mutation ($input: SetLowStockThresholdInput!) { setLowStockThreshold(input: $input) { id } }';
const EVENTS =
  '{ auditEvents(filter: { kind: [STOCK_LOW] }) { nodes { actorId subjectId details } } }';

let api: Api;
let mail: MailReader;

beforeAll(async () => {
  api = await startApi();
  mail = new MailReader(api);
});

afterAll(() => api?.close());

const asSuperuser = (statement: string) =>
  withAdminConnection(api.database.superuserUrl, (client) => client.query(statement));

const eventsOf = async ({ admin }: Organization) => (await admin.ask(EVENTS)).auditEvents.nodes;

describe('that a product has become low in stock', () => {
  it('is told once per crossing, by mail to owners and admins and in the audit trail', async () => {
    const acme = await api.createOrganization();
    const data = { sku: 'MUG-1', name: 'Mug', onHand: 8, lowStockThreshold: 5 };
    const productId = await createStockedProduct(api, acme, data);
    const correct = (quantity: number) =>
      acme.member.ask(CORRECT, { input: { productId, quantity } });

    await correct(-2);
    expect(await eventsOf(acme)).toEqual([]);

    await correct(-2);
    const event = { actorId: acme.member.id, subjectId: null };
    const first = { ...event, details: { productId, sku: 'MUG-1', onHand: 4, threshold: 5 } };
    expect(await eventsOf(acme)).toEqual([first]);
    for (const { email } of [acme.owner, acme.admin]) {
      const { subject, text } = await mail.next(email);
      expect(subject).toBe('Low in stock: Mug');
      expect(text).toContain('Mug (MUG-1): 4 left, low from 5 down');
      expect(text).toContain(acme.slug);
    }

    await correct(-1);
    await correct(1);
    expect(await eventsOf(acme)).toEqual([first]);

    await correct(4);
    await correct(-3);
    const second = { ...event, details: { productId, sku: 'MUG-1', onHand: 5, threshold: 5 } };
    expect(await eventsOf(acme)).toEqual([second, first]);
    expect((await mail.next(acme.owner.email)).text).toContain('5 left');
    expect(await mail.rest(acme.owner.email)).toEqual([]);
    expect(await mail.rest(acme.member.email)).toEqual([]);
    expect(await mail.rest(acme.viewer.email)).toEqual([]);
  });

  it('is told when a threshold makes it so', async () => {
    const acme = await api.createOrganization();
    const productId = await createStockedProduct(api, acme, { onHand: 3 });
    const set = (threshold: number | null) =>
      acme.member.ask(SET_THRESHOLD, { input: { productId, threshold } });
    await set(2);
    expect(await eventsOf(acme)).toEqual([]);
    await set(3);
    await set(4);
    expect(await eventsOf(acme)).toMatchObject([{ details: { onHand: 3, threshold: 3 } }]);
    expect((await mail.next(acme.owner.email)).text).toContain('low from 3 down');
    expect(await mail.rest(acme.owner.email)).toEqual([]);
  });

  it('is told of one that is so from the beginning', async () => {
    const acme = await api.createOrganization();
    const create = async (sku: string, stock: string) => {
      const { createProduct } = await acme.admin.ask(
        `mutation { createProduct(input: {
          sku: "${sku}", name: "Mug", price: { amount: 1, currency: "EUR" }, lowStockThreshold: 4, ${stock}
        }) { id } }`,
      );
      return createProduct.id;
    };
    await create('FULL', 'initialStock: 5');
    await create('HIDDEN', 'initialStock: 4, active: false');
    expect(await eventsOf(acme)).toEqual([]);
    const productId = await create('LOW', 'initialStock: 4');
    const details = { productId, sku: 'LOW', onHand: 4, threshold: 4 };
    const event = { actorId: acme.admin.id, subjectId: null, details };
    expect(await eventsOf(acme)).toEqual([event]);
    expect((await mail.next(acme.owner.email)).text).toContain('4 left');
    await acme.member.ask(CORRECT, { input: { productId, quantity: -1 } });
    expect(await eventsOf(acme)).toEqual([event]);
    expect(await mail.rest(acme.owner.email)).toEqual([]);
  });

  it('is told of each of an import, in one mail', async () => {
    const acme = await api.createOrganization();
    const low = Array.from({ length: 600 }, (_, n) => `S${n},Mug ${n},1,EUR,1,1\n`);
    const answer = await fetch(`${api.url}/catalog/products/import`, {
      method: 'POST',
      headers: { authorization: `Bearer ${acme.admin.token}`, 'content-type': 'text/csv' },
      body: `sku,name,price,currency,stock,low_stock_threshold\n${low.join('')}`,
    });
    expect(await answer.text()).toContain('"created":600');
    const { rows } = await asSuperuser(
      `SELECT details ->> 'sku' AS sku FROM audit_events
       WHERE kind = 'stock.low' AND org_id = '${acme.tenant.orgId}'`,
    );
    const skus = low.map((line) => line.split(',')[0]);
    expect(rows.map(({ sku }) => sku).sort()).toEqual(skus.sort());
    for (const { email } of [acme.owner, acme.admin]) {
      const { subject, text } = await mail.next(email);
      expect(subject).toBe('600 products are low in stock');
      expect(text).toContain('and of 550 more.');
      expect(await mail.rest(email)).toEqual([]);
    }
  });

  it('is not told of a product that is not for sale, nor to who cannot sign in', async () => {
    const acme = await api.createOrganization();
    const data = { onHand: 3, lowStockThreshold: 2 };
    const inactive = await createStockedProduct(api, acme, { ...data, active: false });
    const active = await createStockedProduct(api, acme, data);
    await acme.owner.ask('mutation ($id: ID!) { disableUser(input: { userId: $id }) { id } }', {
      id: acme.admin.id,
    });
    for (const productId of [inactive, active]) {
      await acme.member.ask(CORRECT, { input: { productId, quantity: -1 } });
    }
    const { auditEvents } = await acme.owner.ask(EVENTS);
    expect(auditEvents.nodes).toMatchObject([{ details: { productId: active } }]);
    await mail.next(acme.owner.email);
    expect(await mail.rest(acme.owner.email)).toEqual([]);
    expect(await mail.rest(acme.admin.email)).toEqual([]);
  });

  it('is told with the movement, or neither stands', async () => {
    const acme = await api.createOrganization();
    const product = { onHand: 3, lowStockThreshold: 2 };
    const productId = await createStockedProduct(api, acme, product);
    const input = { productId, quantity: -1 };
    await asSuperuser(
      "ALTER TABLE outgoing_mails ADD CONSTRAINT none CHECK (created_at < '2000-01-01') NOT VALID",
    );
    const error = await acme.member.fail(CORRECT, { input });
    await asSuperuser('ALTER TABLE outgoing_mails DROP CONSTRAINT none');
    expect(error.extensions.code).toBe('INTERNAL');
    expect(await eventsOf(acme)).toEqual([]);
    const { correctStock } = await acme.member.ask(CORRECT, { input });
    expect(correctStock.stock.onHand).toBe(2);
    expect(await eventsOf(acme)).toHaveLength(1);
    await mail.next(acme.owner.email);
    expect(await mail.rest(acme.owner.email)).toEqual([]);
  });

  it('is told to twenty at most, the oldest accounts first', async () => {
    const acme = await api.createOrganization();
    const later = [];
    for (let n = 0; n < 20; n++) later.push(await acme.createPerson('admin', `admin-${n}`));
    const product = { onHand: 3, lowStockThreshold: 2 };
    const productId = await createStockedProduct(api, acme, product);
    await acme.member.ask(CORRECT, { input: { productId, quantity: -1 } });
    await mail.next(acme.owner.email);
    await mail.next(acme.admin.email);
    const counts = await Promise.all(
      later.map(async ({ email }) => (await mail.rest(email)).length),
    );
    expect(counts).toEqual([...Array.from({ length: 18 }, () => 1), 0, 0]);
  });

  it('cannot be made to say more than a name in a mail', async () => {
    const acme = await api.createOrganization();
    const productId = await createStockedProduct(api, acme, {
      sku: 'https://evil.example.com/<b>',
      name: 'Mug\r\nBcc: everybody@example.com <script>',
      onHand: 3,
      lowStockThreshold: 2,
    });
    await acme.member.ask(CORRECT, { input: { productId, quantity: -1 } });
    const { subject, text, html } = await mail.next(acme.owner.email);
    expect(subject).toBe('Low in stock: Mug Bcc: everybody@example. com <script>');
    expect(text).not.toContain('evil.example');
    expect(html).not.toContain('<script>');
    expect(html).not.toContain('<b>');
  });
});
