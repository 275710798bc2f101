import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { type ClaimedMail, OutgoingMailStore } from '../src/mail/outgoing-mail.store.js';
import { enableSeal, type TenantTransaction, withAdminConnection } from '../src/tenancy/index.js';
import { createDatabase, type TestDatabase } from './support/database.js';
import { eventually } from './support/eventually.js';
import {
  type MailingOptions,
  someMail,
  startMailing,
  type TestMailing,
} from './support/mailing.js';
import {
  createOrganization,
  openTenancy,
  type SeededOrganization,
} from './support/organizations.js';
import { TestSmtpServer } from './support/smtp-server.js';
import { TcpProxy } from './support/tcp-proxy.js';

let database: TestDatabase;
let acme: SeededOrganization;
let globex: SeededOrganization;
let smtp: TestSmtpServer;
let opened: TestMailing[];

beforeAll(async () => {
  database = await createDatabase();
  const tenancy = openTenancy(database);
  [acme, globex] = [await createOrganization(tenancy), await createOrganization(tenancy)];
  await tenancy.close();
});

beforeEach(async () => {
  opened = [];
  smtp = await TestSmtpServer.start();
  await asSuperuser('DELETE FROM outgoing_mails');
});

afterEach(async () => {
  await Promise.all(opened.map((mailing) => mailing.close()));
  await smtp.goAway();
});

afterAll(() => database?.drop());

interface OutgoingRow {
  org_id: string;
  id: string;
  sealed: Buffer | null;
  attempts: number;
  next_attempt_at: Date | null;
  sent_at: Date | null;
  failed_at: Date | null;
  last_error: string | null;
}

const asSuperuser = (sql: string, values: unknown[] = []) =>
  withAdminConnection(database.superuserUrl, async (client) => {
    const { rows } = await client.query<OutgoingRow>(sql, values);
    return rows;
  });

const outgoing = () => asSuperuser('SELECT * FROM outgoing_mails ORDER BY id');
const theMail = async () => (await outgoing())[0] as OutgoingRow;

/** A server that is closed at the end of the test. */
function open(options: MailingOptions = {}): TestMailing {
  const mailing = startMailing(database, { smtpUrl: smtp.url, ...options });
  opened.push(mailing);
  return mailing;
}

const allEnded = async () => (await outgoing()).every(({ next_attempt_at }) => !next_attempt_at);

/** As long as a message that is sent twice would take to arrive again, and more. */
const aWhile = () => new Promise((resolve) => setTimeout(resolve, 300));

describe('a mail', () => {
  it('arrives with its headers and both of its bodies', async () => {
    const mailing = open();
    await mailing.add(acme, { subject: 'Willkommen, Zoë', html: '<p>Grüße</p>' });
    await eventually(() => smtp.taken.length === 1, 'the mail arrived');
    const [{ from, to, email, raw }] = smtp.taken as [(typeof smtp.taken)[number]];
    const { id } = await theMail();
    expect({ from, to }).toEqual({ from: 'no-reply@rowhouse.example', to: ['ada@example.com'] });
    expect(email).toMatchObject({
      from: { name: 'Rowhouse', address: 'no-reply@rowhouse.example' },
      to: [{ address: 'ada@example.com' }],
      subject: 'Willkommen, Zoë',
      messageId: `<${id}@rowhouse.example>`,
    });
    expect(email.text?.trim()).toBe(someMail().text);
    expect(email.html?.trim()).toBe('<p>Grüße</p>');
    expect(raw).toMatch(/^Auto-Submitted: auto-generated\r?$/m);
    expect(Math.abs(Date.parse(email.date ?? '') - Date.now())).toBeLessThan(60_000);
  });

  it('leaves at once when the transaction stands, without waiting for the next look', async () => {
    const mailing = open({ pace: { pollMs: 600_000 } });
    await aWhile();
    await mailing.add(acme);
    await eventually(() => smtp.taken.length === 1, 'the mail arrived');
  });

  it('is found by looking when another server has put it down', async () => {
    open();
    await open({ start: false }).add(acme);
    await eventually(() => smtp.taken.length === 1, 'the mail arrived');
  });

  it('does not leave when the transaction is rolled back', async () => {
    const mailing = open();
    const adding = mailing.tenancy.withTenant(acme.tenant, 'write', async (tx) => {
      await mailing.outbox.add(tx, someMail());
      throw new Error('changed my mind');
    });
    await expect(adding).rejects.toThrow('changed my mind');
    expect(await outgoing()).toEqual([]);
    await aWhile();
    expect(smtp.connections).toBe(0);
  });

  it('does not leave when its unit of the transaction is undone', async () => {
    const mailing = open();
    await mailing.tenancy.withTenant(acme.tenant, 'write', async (tx) => {
      const failing = tx.unit(
        async () => {
          await mailing.outbox.add(tx, someMail({ to: 'undone@example.com' }));
          throw new Error('this one not');
        },
        { alone: false },
      );
      await expect(failing).rejects.toThrow('this one not');
      await tx.unit(() => mailing.outbox.add(tx, someMail({ to: 'kept@example.com' })), {
        alone: false,
      });
    });
    await eventually(allEnded, 'all mail has left');
    expect(smtp.taken.map(({ to }) => to)).toEqual([['kept@example.com']]);
  });

  it('is in the database as nobody but the server can read it, and is emptied once it was sent', async () => {
    const waiting = open({ start: false });
    await waiting.add(acme, {
      html: '<a href="https://app.example.com/verify#rhv_c2VjcmV0">here</a>',
    });
    const scan = async () => {
      const { sealed, ...rest } = await theMail();
      return `${sealed?.toString('latin1')} ${JSON.stringify(rest)}`;
    };
    for (const clear of ['ada@', 'example.com', 'rhv_', 'Confirm']) {
      expect(await scan()).not.toContain(clear);
    }
    expect((await theMail()).sealed?.length).toBeGreaterThan(100);
    open();
    await eventually(allEnded, 'the mail has left');
    expect(await theMail()).toMatchObject({ sealed: null, last_error: null, attempts: 1 });
    expect((await theMail()).sent_at).toBeInstanceOf(Date);
  });

  it.each([
    ['another recipient', 'ada@example.com, eve@example.com'],
    ['another header', 'ada@example.com\r\nBcc: eve@example.com'],
    ['another command', 'ada@example.com>\r\nRCPT TO:<eve@example.com'],
    ['a name', 'Ada <ada@example.com>'],
    ['nobody', ''],
  ])('goes to one plain address: not to one with %s in it', async (_what, to) => {
    const mailing = open();
    await expect(mailing.add(acme, { to })).rejects.toThrow(TypeError);
    expect(await outgoing()).toEqual([]);
  });

  it('gets no header from its subject, whoever has chosen the names in it', async () => {
    const mailing = open();
    await mailing.add(acme, { subject: 'Join Acme\r\nBcc: eve@example.com\n\n<b>Hi\u2028there' });
    await eventually(() => smtp.taken.length === 1, 'the mail arrived');
    const [{ email, to }] = smtp.taken as [(typeof smtp.taken)[number]];
    expect(email.subject).toBe('Join Acme Bcc: eve@example.com <b>Hi there');
    expect(email.bcc).toBeUndefined();
    expect(to).toEqual(['ada@example.com']);
  });
});

describe('while the SMTP server is away', () => {
  it('mail is kept, tried again with growing waits, and sent once when it is back', async () => {
    await smtp.goAway();
    const lines: { msg: string; reason?: string }[] = [];
    const logger = pino({ level: 'info' }, { write: (line) => lines.push(JSON.parse(line)) });
    const mailing = open({ logger });
    for (const to of ['ada@example.com', 'bob@example.com']) await mailing.add(acme, { to });
    await eventually(
      async () => (await outgoing()).every(({ attempts }) => attempts >= 2),
      'each was tried again',
    );
    for (const row of await outgoing()) {
      expect(row).toMatchObject({ sent_at: null, failed_at: null, sealed: expect.any(Buffer) });
      expect(row.last_error).toBe('ESOCKET (ECONNREFUSED) at CONN');
    }
    await smtp.comeBack();
    await eventually(allEnded, 'all mail has left');
    await aWhile();
    expect(smtp.taken.flatMap(({ to }) => to).sort()).toEqual([
      'ada@example.com',
      'bob@example.com',
    ]);
    // Once each, however often it was tried.
    expect(lines.map(({ msg }) => msg)).toEqual([
      'mail does not leave; it is kept, and tried again',
      'mail leaves again',
    ]);
  });

  it('a mail that was put off waits no longer than the backoff says', async () => {
    await smtp.goAway();
    await open({ pace: { firstRetryMs: 60_000, longestRetryMs: 600_000 } }).add(acme);
    await eventually(async () => (await theMail()).last_error !== null, 'it was tried');
    const wait = (await theMail()).next_attempt_at as Date;
    expect(wait.getTime() - Date.now()).toBeLessThanOrEqual(60_000);
  });

  it('nothing is kept for ever: a mail that is too old is given up, and emptied', async () => {
    await smtp.goAway();
    const mailing = open({ start: false });
    await mailing.add(acme);
    await asSuperuser("UPDATE outgoing_mails SET created_at = now() - interval '73 hours'");
    await mailing.add(globex);
    mailing.start();
    await eventually(async () => (await outgoing()).some((row) => row.failed_at), 'it is given up');
    await eventually(
      async () => (await outgoing()).every((row) => row.last_error),
      'both were tried',
    );
    const rows = await outgoing();
    const of = (org: SeededOrganization) => rows.find((row) => row.org_id === org.orgId);
    expect(of(acme)).toMatchObject({ sealed: null, next_attempt_at: null, sent_at: null });
    expect(of(globex)).toMatchObject({ sealed: expect.any(Buffer), failed_at: null });
  });

  it('a server that says nothing holds up nobody for longer than the limit', async () => {
    const release = smtp.hold();
    await open({ pace: { sendLimitMs: 100, firstRetryMs: 600_000 } }).add(acme);
    await eventually(async () => (await theMail()).last_error, 'it was put off');
    expect(await theMail()).toMatchObject({ last_error: 'EABORT', sent_at: null });
    release();
  });
});

describe('a mail that the server has taken', () => {
  it('without saying so is sent again under the same Message-ID', async () => {
    smtp.cutOff = 1;
    await open().add(acme);
    await eventually(allEnded, 'the mail has left');
    await aWhile();
    expect([smtp.unanswered.length, smtp.taken.length]).toEqual([1, 1]);
    expect(smtp.taken[0]?.email.messageId).toMatch(/^<.+@rowhouse.example>$/);
    expect(smtp.taken[0]?.email.messageId).toBe(smtp.unanswered[0]?.email.messageId);
    expect(smtp.taken[0]?.email.date).toBe(smtp.unanswered[0]?.email.date);
  });

  it('is not sent again though the database was away when that was to be written down', async () => {
    const proxy = await TcpProxy.inFrontOf(database.appUrl);
    const release = smtp.hold();
    try {
      const mailing = open({ databaseUrl: proxy.through(database.appUrl) });
      await mailing.add(acme);
      await eventually(() => smtp.connections === 1, 'the mail is being sent');
      await proxy.goAway();
      release();
      await eventually(() => smtp.taken.length === 1, 'it has arrived');
      await aWhile();
      expect((await theMail()).sent_at).toBeNull();
      await proxy.comeBack();
      await eventually(allEnded, 'it is written down');
      expect(await theMail()).toMatchObject({ attempts: 1, sealed: null });
      expect(smtp.taken.length).toBe(1);
      await mailing.close();
      opened.pop();
    } finally {
      await proxy.close();
    }
  });
});

describe('a recipient', () => {
  it('whom the server refuses for good is given up, and holds up nobody else', async () => {
    smtp.refusals.set('nobody@example.com', { code: 550, message: 'No nobody@example.com here' });
    const mailing = open();
    for (const to of ['nobody@example.com', 'ada@example.com']) await mailing.add(acme, { to });
    await eventually(allEnded, 'all mail has left or is given up');
    expect(smtp.taken.map(({ to }) => to)).toEqual([['ada@example.com']]);
    const failed = (await outgoing()).filter(({ failed_at }) => failed_at);
    expect(failed).toEqual([
      expect.objectContaining({
        attempts: 1,
        sealed: null,
        sent_at: null,
        last_error: 'EENVELOPE at RCPT TO answered 550',
      }),
    ]);
  });

  it('who is refused for now is tried again', async () => {
    smtp.refusals.set('ada@example.com', { code: 451, message: 'Come back later' });
    await open().add(acme);
    await eventually(async () => (await theMail()).attempts >= 2, 'it was tried again');
    smtp.refusals.clear();
    await eventually(allEnded, 'the mail has left');
    expect(smtp.taken.length).toBe(1);
  });
});

describe('several servers on one database', () => {
  it('send each mail once', async () => {
    const mailings = [open({ start: false }), open({ start: false }), open({ start: false })];
    const recipients = Array.from({ length: 40 }, (_, index) => `person-${index}@example.com`);
    for (const [index, to] of recipients.entries()) {
      await mailings[0]?.add(index % 3 === 0 ? globex : acme, { to });
    }
    for (const mailing of mailings) mailing.start();
    await eventually(allEnded, 'all mail has left');
    await aWhile();
    expect(smtp.taken.flatMap(({ to }) => to).sort()).toEqual(recipients.sort());
    expect(new Set(smtp.taken.map(({ email }) => email.messageId)).size).toBe(40);
    expect((await outgoing()).every(({ attempts }) => attempts === 1)).toBe(true);
  });

  it('claim the mail of the organization whose transaction it is, and leave the others theirs', async () => {
    const mailing = open({ start: false });
    await mailing.add(acme);
    await mailing.add(globex);
    const claimed = await mailing.tenancy.withTenant(acme.tenant, 'write', (tx) =>
      new OutgoingMailStore().claim(tx, { limit: 100, leaseMs: 60_000, giveUpAfterMs: 60_000 }),
    );
    const rows = await outgoing();
    const of = ({ orgId }: SeededOrganization) => rows.find(({ org_id }) => org_id === orgId);
    expect(claimed.map(({ id }) => id)).toEqual([of(acme)?.id]);
    expect([of(acme)?.attempts, of(globex)?.attempts]).toEqual([1, 0]);
  });

  it('wait for the end of the lease of one that died, and then send what it had claimed', async () => {
    const mailing = open({ start: false });
    await mailing.add(acme);
    await asSuperuser(
      "UPDATE outgoing_mails SET attempts = 1, next_attempt_at = now() + interval '500 ms'",
    );
    mailing.start();
    await aWhile();
    expect(smtp.connections).toBe(0);
    await eventually(allEnded, 'the mail has left');
    expect([smtp.taken.length, (await theMail()).attempts]).toEqual([1, 2]);
  });

  it('do not take away from each other what has become of a mail', async () => {
    const { tenancy, add } = open({ start: false });
    await add(acme);
    const store = new OutgoingMailStore();
    const inAcme = <T>(work: (tx: TenantTransaction) => Promise<T>) =>
      tenancy.withTenant(acme.tenant, 'write', work);
    const claim = async () => {
      const how = { limit: 1, leaseMs: 0, giveUpAfterMs: 60_000 };
      return (await inAcme((tx) => store.claim(tx, how)))[0] as ClaimedMail;
    };
    const [slow, fast] = [await claim(), await claim()];
    await inAcme((tx) => store.giveUp(tx, slow, 'too late'));
    await inAcme((tx) => store.putOff(tx, slow, { reason: 'too late', delayMs: 60_000 }));
    expect(await theMail()).toMatchObject({ failed_at: null, last_error: null, attempts: 2 });
    await inAcme((tx) => store.markSent(tx, fast.id));
    await inAcme((tx) => store.giveUp(tx, fast, 'after it was sent'));
    expect(await theMail()).toMatchObject({ failed_at: null, sent_at: expect.any(Date) });
  });
});

describe('a server', () => {
  it('that was started anew sends what waited', async () => {
    const before = open({ start: false });
    await before.add(acme);
    await before.close();
    opened.pop();
    open();
    await eventually(() => smtp.taken.length === 1, 'the mail arrived');
  });

  it('that stops lets arrive what is being sent, and claims nothing more', async () => {
    const release = smtp.hold();
    const mailing = open();
    await mailing.add(acme, { to: 'first@example.com' });
    await eventually(() => smtp.connections === 1, 'the first is being sent');
    const stopping = mailing.stop(5_000);
    await mailing.add(acme, { to: 'second@example.com' });
    await aWhile();
    release();
    await stopping;
    expect(smtp.taken.map(({ to }) => to)).toEqual([['first@example.com']]);
    const rows = await outgoing();
    expect(rows.map(({ attempts, sent_at }) => [attempts, sent_at !== null])).toEqual([
      [1, true],
      [0, false],
    ]);
  });

  it('that stops waits no longer than it may, and leaves the rest to the next one', async () => {
    const release = smtp.hold();
    const mailing = open();
    await mailing.add(acme);
    await eventually(() => smtp.connections === 1, 'it is being sent');
    const startedAt = performance.now();
    await mailing.stop(100);
    expect(performance.now() - startedAt).toBeLessThan(1_500);
    expect(await theMail()).toMatchObject({ sent_at: null, last_error: 'EABORT', attempts: 1 });
    release();
    open();
    await eventually(allEnded, 'the next one has sent it');
  });

  it('without an SMTP server says so once, and claims nothing', async () => {
    const lines: string[] = [];
    const logger = pino({ level: 'warn' }, { write: (line) => lines.push(JSON.parse(line).msg) });
    await open({ smtpUrl: undefined, logger }).add(acme);
    await aWhile();
    expect(lines).toEqual(['SMTP_URL is not set: mail is kept in the outbox, and does not leave']);
    expect(await theMail()).toMatchObject({ attempts: 0, sent_at: null });
  });

  it('that has lost its key keeps what it cannot read, and sends it once the key is back', async () => {
    await open({ start: false }).add(acme);
    const keyless = open({ key: 'another key, and not the one that sealed it' });
    await eventually(async () => (await theMail()).last_error, 'it was tried');
    expect((await theMail()).last_error).toBe('cannot be opened: is DATA_KEY another one?');
    expect(smtp.connections).toBe(0);
    await keyless.close();
    opened.pop();
    open();
    await eventually(allEnded, 'the mail has left');
    expect(smtp.taken.length).toBe(1);
  });

  it('whose contexts are sealed sends as well', async () => {
    const sealed = await createDatabase();
    const sealKey = 'a seal key of the tests, of more than 32 bytes';
    await withAdminConnection(sealed.ownerUrl, (client) => enableSeal(client, sealKey));
    const mailing = startMailing(sealed, { smtpUrl: smtp.url, sealKey });
    try {
      await mailing.add(await createOrganization(mailing.tenancy));
      await eventually(() => smtp.taken.length === 1, 'the mail arrived');
    } finally {
      await mailing.close();
      await sealed.drop();
    }
  });

  /** Mail that has ended or waits, so many days old. */
  const have = ({ orgId }: SeededOrganization, days: number, state: string, count = 1) =>
    asSuperuser(
      `INSERT INTO outgoing_mails (org_id, id, created_at, next_attempt_at, ${state})
       SELECT $1, gen_random_uuid(), now() - $2 * interval '1 day', ${state === 'sealed' ? "now() + interval '1 day', ''" : 'NULL, now()'}
       FROM generate_series(1, $3)`,
      [orgId, days, count],
    );
  const ages = async () => {
    const rows = await asSuperuser(
      `SELECT org_id, floor(extract(epoch FROM now() - created_at) / 86400)::int AS attempts
       FROM outgoing_mails ORDER BY attempts`,
    );
    return rows.map(({ org_id, attempts }) => [
      org_id === acme.orgId ? 'acme' : 'globex',
      attempts,
    ]);
  };

  it.each([
    ['that sends', {}],
    ['that has no SMTP server', { smtpUrl: undefined }],
  ])(
    '%s forgets what left or was given up long ago, of organizations that have no mail since',
    async (_what, options) => {
      await have(acme, 31, 'sent_at');
      await have(acme, 32, 'failed_at');
      await have(acme, 29, 'sent_at');
      await have(globex, 400, 'sent_at');
      await have(globex, 33, 'sealed');
      open(options);
      await eventually(async () => (await outgoing()).length === 2, 'old mail is forgotten');
      expect(await ages()).toEqual([
        ['acme', 29],
        ['globex', 33],
      ]);
    },
  );

  it('forgets a lot of it, and again and again', async () => {
    await have(globex, 31, 'sent_at', 70);
    open({ pace: { sweepMs: 40 } });
    await eventually(async () => (await outgoing()).length === 0, 'old mail is forgotten');
    await have(acme, 31, 'sent_at');
    await eventually(async () => (await outgoing()).length === 0, 'it is forgotten later as well');
  });

  it('forgets a few at once, and only of the organization whose transaction it is', async () => {
    const { tenancy } = open({ start: false });
    await have(acme, 31, 'sent_at', 50);
    await have(globex, 31, 'sent_at', 5);
    const store = new OutgoingMailStore();
    const left: [boolean, number][] = [];
    for (let time = 0; time < 3; time++) {
      const isMore = await tenancy.withTenant(acme.tenant, 'write', (tx) => store.forget(tx, 0));
      left.push([isMore, (await outgoing()).length]);
    }
    expect(left).toEqual([
      [true, 35],
      [true, 15],
      [false, 5],
    ]);
    expect((await outgoing()).map(({ org_id }) => org_id)).toEqual(Array(5).fill(globex.orgId));
  });

  it('sends the mail of others though it cannot claim that of one organization', async () => {
    const mailing = open({ start: false });
    const [broken, other] = [acme, globex].sort((a, b) => (a.orgId < b.orgId ? -1 : 1)) as [
      SeededOrganization,
      SeededOrganization,
    ];
    for (const organization of [broken, other]) await mailing.add(organization);
    await asSuperuser(`CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
      $$BEGIN RAISE 'refused'; END$$`);
    await asSuperuser(`CREATE TRIGGER refuse BEFORE UPDATE ON outgoing_mails FOR EACH ROW
      WHEN (NEW.org_id = '${broken.orgId}') EXECUTE FUNCTION refuse()`);
    try {
      mailing.start();
      await eventually(() => smtp.taken.length === 1, 'the mail of the other one arrived');
    } finally {
      await asSuperuser('DROP FUNCTION refuse CASCADE');
    }
    await eventually(allEnded, 'all mail has left');
  });

  it('that stops gives up nothing that it has cut off, however old', async () => {
    const release = smtp.hold();
    const mailing = open({ start: false });
    await mailing.add(acme);
    await asSuperuser("UPDATE outgoing_mails SET created_at = now() - interval '73 hours'");
    mailing.start();
    await eventually(() => smtp.connections === 1, 'it is being sent');
    await mailing.stop(100);
    expect(await theMail()).toMatchObject({ failed_at: null, sealed: expect.any(Buffer) });
    release();
  });
});
