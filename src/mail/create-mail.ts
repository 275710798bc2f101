import type { MailSettings } from '../config/mail-environment.js';
import { Dispatcher, Sweeper } from '../dispatch/index.js';
import type { Logger } from '../shared/logger.js';
import type { SecretBox } from '../shared/secret-box.js';
import type { Tenancy } from '../tenancy/index.js';
import { type DispatchPace, USUAL_PACE } from './dispatch-pace.js';
import { Mailbox } from './mailbox.js';
import { OldMail } from './old-mail.js';
import { Outbox } from './outbox.js';
import { OutgoingMails } from './outgoing-mails.js';
import { SmtpTransport } from './smtp.transport.js';

export interface MailOptions {
  readonly tenancy: Tenancy;
  /** Seals what waits. */
  readonly box: SecretBox;
  readonly settings: MailSettings;
  readonly logger: Logger;
  readonly pace?: Partial<DispatchPace>;
}

/** How mail leaves this server. */
export interface Mailing {
  /** Where mail is put down. */
  readonly outbox: Outbox;
  /** Where it ends up in development; null where it leaves, or waits for a server. */
  readonly mailbox: Mailbox | null;
  /** Begins to send what waits and what comes, and to forget what is old; without it, mail is only put down. */
  start(): void;
  /** Sends nothing more. @param limitMs how long what is being sent may take to arrive */
  stop(limitMs: number): Promise<void>;
}

/** Nothing is sent before `start`. */
export function createMail({ tenancy, box, settings, logger, ...options }: MailOptions): Mailing {
  const pace = { ...USUAL_PACE, ...options.pace };
  const { smtpUrl, from } = settings;
  const mailbox = settings.mailbox ? new Mailbox(from) : null;
  const transport = smtpUrl === undefined ? mailbox : new SmtpTransport(smtpUrl, from);
  const errands = transport && new OutgoingMails({ tenancy, transport, box, logger, pace });
  const dispatcher = errands ? new Dispatcher({ tenancy, errands, logger, pace }) : undefined;
  const sweeper = new Sweeper(new OldMail(tenancy, pace), logger);
  return {
    outbox: new Outbox(box, () => dispatcher?.wake()),
    mailbox,
    start() {
      sweeper.start();
      if (dispatcher) return dispatcher.start();
      logger.warn('SMTP_URL is not set: mail is kept in the outbox, and does not leave');
    },
    async stop(limitMs) {
      await Promise.all([sweeper.stop(), dispatcher?.stop(limitMs)]);
    },
  };
}
