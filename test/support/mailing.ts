import { createMail, type DispatchPace, type Mail, type Mailing } from '../../src/mail/index.js';
import type { Logger } from '../../src/shared/logger.js';
import { SecretBox } from '../../src/shared/secret-box.js';
import type { Tenancy } from '../../src/tenancy/index.js';
import { TEST_SECRET } from './api.js';
import type { TestDatabase } from './database.js';
import { openTenancy, type SeededOrganization, silent } from './organizations.js';

/** Fast enough that no test sleeps long. */
const TEST_PACE: Partial<DispatchPace> = {
  pollMs: 40,
  firstRetryMs: 20,
  longestRetryMs: 100,
  sendLimitMs: 2_000,
  leaseMs: 5_000,
};

export interface MailingOptions {
  smtpUrl?: string | undefined;
  pace?: Partial<DispatchPace>;
  key?: string;
  databaseUrl?: string;
  sealKey?: string;
  logger?: Logger;
  /** What the server does not do by itself in a test. */
  start?: boolean;
}

/** What of a server puts mail down and sends it. */
export interface TestMailing extends Mailing {
  tenancy: Tenancy;
  /** Puts a mail down in a transaction of its own. */
  add(organization: SeededOrganization, mail?: Partial<Mail>): Promise<void>;
  close(): Promise<void>;
}

export function startMailing(
  database: TestDatabase,
  {
    smtpUrl,
    pace,
    databaseUrl = database.appUrl,
    key = TEST_SECRET,
    sealKey,
    logger = silent,
    start = true,
  }: MailingOptions = {},
): TestMailing {
  const tenancy = openTenancy(database, { url: databaseUrl, sealKey });
  const mailing = createMail({
    tenancy,
    box: new SecretBox([key]),
    settings: {
      smtpUrl,
      from: { name: 'Rowhouse', address: 'no-reply@rowhouse.example' },
      mailbox: false,
    },
    logger,
    pace: { ...TEST_PACE, ...pace },
  });
  if (start) mailing.start();
  return {
    ...mailing,
    tenancy,
    add: ({ tenant }, mail) =>
      tenancy.withTenant(tenant, 'write', (tx) => mailing.outbox.add(tx, someMail(mail))),
    async close() {
      await mailing.stop(2_000);
      await tenancy.close();
    },
  };
}

export function someMail(mail: Partial<Mail> = {}): Mail {
  return {
    to: 'ada@example.com',
    subject: 'Confirm your address',
    text: 'Open https://app.example.com/verify#rhv_c2VjcmV0 to confirm it.',
    ...mail,
  };
}
