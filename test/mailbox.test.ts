import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Mail } from '../src/mail/index.js';
import { type Api, type Organization, startApi } from './support/api.js';
import { eventually } from './support/eventually.js';
import { mailTo } from './support/mailbox.js';
import { someMail } from './support/mailing.js';
import { sendRaw } from './support/raw-http.js';
import { TestSmtpServer } from './support/smtp-server.js';

const HOSTILE = '<script>alert(1)</script>"\' & co';

let api: Api;
let acme: Organization;

beforeAll(async () => {
  api = await startApi();
  acme = await api.createOrganization('acme');
});

afterAll(() => api?.close());

async function send(mail: Partial<Mail>, of = { api, organization: acme }): Promise<string> {
  const { tenancy, mail: mailing } = of.api.app;
  const whole = someMail(mail);
  await tenancy.withTenant(of.organization.tenant, 'write', (tx) => mailing.outbox.add(tx, whole));
  const [message] = await mailTo(of.api, whole.to);
  return message?.id as string;
}

async function get(path: string, headers: Record<string, string> = { accept: 'text/html' }) {
  const response = await fetch(`${api.url}${path}`, { headers });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

const asJson = { accept: 'application/json' };

describe('the mailbox of development', () => {
  it('lists what was sent, the latest first, and links to each', async () => {
    const first = await send({ to: 'first@example.com', subject: 'The first' });
    const second = await send({ to: 'second@example.com', subject: 'The second' });
    const { status, headers, text } = await get('/dev/mailbox');
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('text/html; charset=utf-8');
    const places = [second, 'The second', 'second@example.com', first, 'The first'].map((part) =>
      text.indexOf(part),
    );
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(places[0]).toBeGreaterThan(0);
    expect(text).toContain(`<a href="/dev/mailbox/${first}">The first</a>`);
  });

  it('shows a message with links that can be followed', async () => {
    const id = await send({
      to: 'links@example.com',
      text: 'Open https://app.example.com/verify?a=1&b=2#rhv_x, or (https://example.com/help).',
    });
    const { text } = await get(`/dev/mailbox/${id}`);
    expect(text).toContain(
      '<a href="https://app.example.com/verify?a=1&amp;b=2#rhv_x" rel="noreferrer">',
    );
    expect(text).toContain('<a href="https://example.com/help" rel="noreferrer">');
    expect(text).toContain('<dd>Rowhouse &lt;no-reply@localhost&gt;</dd>');
    expect(text).not.toContain('<iframe');
  });

  it('shows texts as texts, whatever stands in them', async () => {
    const id = await send({ to: 'hostile@example.com', subject: HOSTILE, text: HOSTILE });
    for (const path of ['/dev/mailbox', `/dev/mailbox/${id}`]) {
      const { text } = await get(path);
      expect(text).not.toContain('<script');
      expect(text).toContain('&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39; &amp; co');
    }
  });

  it('lets nothing run and nothing be fetched', async () => {
    const id = await send({ to: 'html@example.com', html: `<b>Hello</b>${HOSTILE}` });
    for (const path of ['/dev/mailbox', `/dev/mailbox/${id}`, '/dev/mailbox/none']) {
      const { headers } = await get(path);
      const policy = headers.get('content-security-policy');
      expect(policy).toMatch(/^default-src 'none'; style-src 'sha256-[\w+/]+=*'; /);
      expect(policy).not.toMatch(/script-src|unsafe|\*/);
      expect(headers.get('referrer-policy')).toBe('no-referrer');
      expect(headers.get('cache-control')).toBe('no-store');
    }
  });

  it('shows the HTML of a message in a frame that may do nothing', async () => {
    const id = await send({ to: 'frame@example.com', html: '<p style="color: red">Hello</p>' });
    const { text } = await get(`/dev/mailbox/${id}`);
    expect(text).toMatch(/<iframe sandbox="allow-popups allow-popups-to-escape-sandbox" title=/);
    expect(text).not.toContain('color: red');
    const frame = await get(`/dev/mailbox/${id}/html`);
    expect(frame.text).toContain('<p style="color: red">Hello</p>');
    expect(frame.headers.get('content-security-policy')).toMatch(
      /^sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'/,
    );
  });

  it('is there for programs as well', async () => {
    const id = await send({ to: 'program@example.com' });
    const message = {
      id,
      from: 'Rowhouse <no-reply@localhost>',
      to: 'program@example.com',
      subject: someMail().subject,
      text: someMail().text,
      html: null,
      deliveredAt: expect.any(String),
    };
    expect(JSON.parse((await get(`/dev/mailbox/${id}`, asJson)).text)).toEqual(message);
    const { messages } = JSON.parse((await get('/dev/mailbox', asJson)).text);
    expect(messages[0]).toEqual(message);
  });

  it('says so when there is no such message', async () => {
    expect((await get('/dev/mailbox/none')).status).toBe(404);
    expect((await get('/dev/mailbox/none/html')).status).toBe(404);
    const { status, text } = await get('/dev/mailbox/none', asJson);
    expect([status, JSON.parse(text).errors[0].extensions.code]).toEqual([404, 'NOT_FOUND']);
  });

  it('keeps the last hundred', async () => {
    const { tenancy, mail } = api.app;
    await tenancy.withTenant(acme.tenant, 'write', async (tx) => {
      for (let n = 0; n < 110; n++)
        await mail.outbox.add(tx, someMail({ to: `n${n}@example.com` }));
    });
    await mailTo(api, 'n109@example.com');
    expect(mail.mailbox?.messages.length).toBe(100);
  });

  it('is empty at first, and says what it is for', async () => {
    const fresh = await startApi();
    try {
      const response = await fetch(`${fresh.url}/dev/mailbox`);
      expect(await response.text()).toContain('No mail yet.');
    } finally {
      await fresh.close();
    }
  });
});

describe('to the pages of others, the mailbox', () => {
  const paths = async (of = { api, organization: acme }) => {
    const id = await send({ to: 'private@example.com', html: '<p>Hello</p>' }, of);
    return ['/dev/mailbox', `/dev/mailbox/${id}`, `/dev/mailbox/${id}/html`, '/dev/mailbox/none'];
  };

  it.each([
    ['localhost', 'http://localhost:3000'],
    ['*', 'https://evil.example'],
  ])('gives nothing to read, whatever CORS_ORIGINS allows: %s', async (allowed, origin) => {
    const other = await startApi({ server: { corsOrigins: [allowed] } });
    try {
      const organization = await other.createOrganization();
      const elsewhere = await fetch(`${other.url}/health/live`, { headers: { origin } });
      expect(elsewhere.headers.get('access-control-allow-origin')).toBeTruthy();
      for (const path of await paths({ api: other, organization })) {
        for (const accept of ['text/html', 'application/json']) {
          const { headers } = await fetch(`${other.url}${path}`, { headers: { origin, accept } });
          const cors = [...headers.keys()].filter((name) => name.startsWith('access-control-'));
          expect([path, cors]).toEqual([path, []]);
        }
      }
    } finally {
      await other.close();
    }
  });

  it('cannot be embedded, as a page or as anything else', async () => {
    for (const path of await paths()) {
      for (const accept of ['text/html', 'application/json']) {
        const { headers } = await get(path, { accept });
        expect(headers.get('cross-origin-resource-policy')).toBe('same-origin');
        const ancestors = path.endsWith('/html') ? "'self'" : "'none'";
        expect(headers.get('content-security-policy')).toMatch(
          new RegExp(`frame-ancestors ${ancestors}$`),
        );
      }
    }
  });

  it('is not there under a name that somebody has led to this machine', async () => {
    const ask = (path: string, host: string) =>
      sendRaw(
        api.url,
        `GET ${path} HTTP/1.1\r\nhost: ${host}\r\naccept: application/json\r\nconnection: close\r\n\r\n`,
      );
    const { port } = new URL(api.url);
    for (const path of await paths()) {
      const { status, text, body } = await ask(path, `evil.example:${port}`);
      expect([status, body.errors[0].extensions.code]).toEqual([421, 'BAD_REQUEST']);
      expect(body.errors[0].message).toContain(`http://localhost:${port}/dev/mailbox`);
      expect(text).not.toContain('private@example.com');
      expect(text).toContain('cross-origin-resource-policy: same-origin');
    }
    expect((await ask('/dev/mailbox', `localhost:${port}`)).status).toBe(200);
  });
});

describe('where mail leaves, or in production,', () => {
  it.each([
    ['with an SMTP server', true],
    ['without one', false],
  ])('there is no mailbox %s', async (_what, hasServer) => {
    const smtp = await TestSmtpServer.start();
    const smtpUrl = hasServer ? smtp.url : undefined;
    const other = await startApi({ mail: { smtpUrl, mailbox: false } });
    try {
      const organization = await other.createOrganization();
      const { tenancy, mail } = other.app;
      mail.start();
      await tenancy.withTenant(organization.tenant, 'write', (tx) =>
        mail.outbox.add(tx, someMail()),
      );
      if (hasServer) await eventually(() => smtp.taken.length === 1, 'the mail arrived');
      for (const path of ['/dev/mailbox', '/dev/mailbox/none']) {
        const response = await fetch(`${other.url}${path}`);
        expect([response.status, JSON.parse(await response.text()).errors[0].message]).toEqual([
          404,
          'There is nothing here. The GraphQL API is at /graphql.',
        ]);
      }
    } finally {
      await other.close();
      await smtp.goAway();
    }
  });
});
