import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { withAdminConnection } from '../src/tenancy/index.js';
import { TEST_SECRET } from './support/api.js';
import { type Certificate, selfSignedCertificate } from './support/certificate.js';
import { createDatabase, type TestDatabase } from './support/database.js';
import { eventually } from './support/eventually.js';
import { type MailingOptions, startMailing, type TestMailing } from './support/mailing.js';
import {
  createOrganization,
  openTenancy,
  type SeededOrganization,
} from './support/organizations.js';
import { buildProduct, startProduct, temporaryFolder, untilPrinted } from './support/product.js';
import { type SmtpServerOptions, TestSmtpServer } from './support/smtp-server.js';

const TIMEOUT = 60_000;

/** With everything in it that a URL would read as something else. */
const ACCOUNT = { user: 'mailer@example.com', password: 'p:a/s?s#w%rd' };
const SIGNED_IN = { ...ACCOUNT, isEncrypted: true };

let database: TestDatabase;
let acme: SeededOrganization;
let certificate: Certificate;
let smtp: TestSmtpServer;
let mailing: TestMailing | undefined;

beforeAll(async () => {
  certificate = selfSignedCertificate();
  database = await createDatabase();
  const tenancy = openTenancy(database);
  acme = await createOrganization(tenancy);
  await tenancy.close();
});

afterEach(async () => {
  await mailing?.close();
  mailing = undefined;
  await smtp.goAway();
  await asSuperuser('DELETE FROM outgoing_mails');
});

afterAll(() => database?.drop());

const asSuperuser = (sql: string) =>
  withAdminConnection(database.superuserUrl, async (client) => (await client.query(sql)).rows);

const theMail = async () => (await asSuperuser('SELECT * FROM outgoing_mails'))[0];

async function serve(options: SmtpServerOptions): Promise<void> {
  smtp = await TestSmtpServer.start(options);
}

const urlOf = ({ scheme = 'smtp', host = '127.0.0.1', account = ACCOUNT } = {}) => {
  const [user, password] = [account.user, account.password].map(encodeURIComponent);
  return `${scheme}://${user}:${password}@${host}:${smtp.port}`;
};

async function add(options: MailingOptions): Promise<void> {
  mailing = startMailing(database, options);
  await mailing.add(acme);
}

/** Why a mail did not leave, which is still there. */
async function reasonForKeeping(): Promise<string> {
  await eventually(async () => (await theMail()).last_error !== null, 'it was tried');
  expect(await theMail()).toMatchObject({
    sent_at: null,
    failed_at: null,
    sealed: expect.any(Buffer),
  });
  expect(smtp.taken).toEqual([]);
  return (await theMail()).last_error;
}

describe('a server whose certificate is not trusted', () => {
  it.each([
    ['smtp', false],
    ['smtps', true],
  ])(
    'is given neither password nor mail, which is kept, and says why: %s',
    async (scheme, isEncryptedAtOnce) => {
      await serve({ certificate, isEncryptedAtOnce, account: ACCOUNT });
      await add({ smtpUrl: urlOf({ scheme }) });
      expect(await reasonForKeeping()).toBe('ESOCKET (DEPTH_ZERO_SELF_SIGNED_CERT) at CONN');
      expect(smtp.credentials).toEqual([]);
    },
  );
});

describe('a server on another machine that does not encrypt', () => {
  it('is given no password; the mail is kept, and says why', async () => {
    await serve({ account: ACCOUNT });
    // This machine by an address that is not known to be its own.
    await add({ smtpUrl: urlOf({ host: '0.0.0.0' }) });
    expect(await reasonForKeeping()).toBe('ETLS at STARTTLS answered 500');
    expect(smtp.credentials).toEqual([]);
  });
});

describe('a server that asks who sends', () => {
  it('is told, on this machine without encryption as well', async () => {
    await serve({ account: ACCOUNT });
    await add({ smtpUrl: urlOf() });
    await eventually(() => smtp.taken.length === 1, 'the mail arrived');
    expect(smtp.credentials).toEqual([{ ...ACCOUNT, isEncrypted: false }]);
    expect(smtp.taken[0]?.user).toBe(ACCOUNT.user);
  });

  it('and refuses the password: the mail is kept, says why, and leaves with the right one', async () => {
    await serve({ account: ACCOUNT });
    await add({ smtpUrl: urlOf({ account: { ...ACCOUNT, password: 'wrong' } }) });
    expect(await reasonForKeeping()).toBe('EAUTH at AUTH PLAIN answered 535');
    await mailing?.close();
    mailing = startMailing(database, { smtpUrl: urlOf() });
    await eventually(() => smtp.taken.length === 1, 'the mail arrived');
  });

  it('and was told by nobody: the mail is kept, and says why', async () => {
    await serve({ account: ACCOUNT });
    await add({ smtpUrl: smtp.url });
    expect(await reasonForKeeping()).toBe('EENVELOPE at MAIL FROM answered 530');
  });
});

describe('a server whose certificate the operator trusts', () => {
  beforeAll(() => buildProduct(), TIMEOUT);

  it.each([
    ['smtp', false],
    ['smtps', true],
  ])(
    'is given password and mail, both encrypted: %s',
    async (scheme, isEncryptedAtOnce) => {
      await serve({ certificate, isEncryptedAtOnce, account: ACCOUNT });
      await add({ start: false });
      await using folder = await temporaryFolder();
      const trusted = join(folder.path, 'trusted.pem');
      await writeFile(trusted, certificate.cert);
      const running = startProduct('main.js', [], {
        cwd: folder.path,
        env: {
          DATABASE_URL: database.appUrl,
          JWT_SECRET: TEST_SECRET,
          PORT: '0',
          SMTP_URL: urlOf({ scheme, host: 'localhost' }),
          MAIL_FROM: 'no-reply@rowhouse.example',
          NODE_EXTRA_CA_CERTS: trusted,
        },
      });
      try {
        await untilPrinted(running, /Rowhouse is ready/);
        await eventually(() => smtp.taken.length === 1, 'the mail arrived');
        expect(smtp.taken[0]).toMatchObject({ isEncrypted: true, user: ACCOUNT.user });
        expect(smtp.credentials).toEqual([SIGNED_IN]);
      } finally {
        running.child.kill('SIGTERM');
        await running.ended;
      }
    },
    TIMEOUT,
  );
});
