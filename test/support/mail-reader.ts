import type { DeliveredMessage } from '../../src/mail/index.js';
import { withAdminConnection } from '../../src/tenancy/index.js';
import type { Api } from './api.js';
import { eventually } from './eventually.js';

/** Reads the mail that an API sends, as it appears at `/dev/mailbox`, each message once. */
export class MailReader {
  readonly #api: Api;
  readonly #seen = new Set<string>();

  constructor(api: Api) {
    this.#api = api;
    api.app.mail.start();
  }

  /** The next message to this address, once it is there. */
  async next(to: string): Promise<DeliveredMessage> {
    let found: DeliveredMessage | undefined;
    await eventually(async () => {
      found = (await this.#unseen(to))[0];
      return found;
    }, `mail to ${to}`);
    const message = found as DeliveredMessage;
    this.#seen.add(message.id);
    return message;
  }

  /** The token in the next message to this address. */
  async nextToken(to: string): Promise<string> {
    return tokenOf(await this.next(to));
  }

  /** Messages to this address that have not been read, when nothing waits any more. */
  async rest(to: string): Promise<DeliveredMessage[]> {
    await this.allSent();
    return this.#unseen(to);
  }

  /** Resolves when nothing waits any more. */
  async allSent(): Promise<void> {
    await eventually(() => this.#isOutboxEmpty(), 'an empty outbox');
  }

  async #isOutboxEmpty(): Promise<boolean> {
    const { superuserUrl } = this.#api.database;
    const { rows } = await withAdminConnection(superuserUrl, (client) =>
      client.query('SELECT FROM outgoing_mails WHERE next_attempt_at IS NOT NULL LIMIT 1'),
    );
    return rows.length === 0;
  }

  /** The oldest first. */
  async #unseen(to: string): Promise<DeliveredMessage[]> {
    const response = await fetch(`${this.#api.url}/dev/mailbox`, {
      headers: { accept: 'application/json' },
    });
    const { messages } = (await response.json()) as { messages: DeliveredMessage[] };
    return messages.filter((message) => message.to === to && !this.#seen.has(message.id)).reverse();
  }
}

/** The token of the link in a message, which stands in it as text and as HTML. */
export function tokenOf({
  text,
  html,
}: Pick<DeliveredMessage, 'text'> & Partial<Pick<DeliveredMessage, 'html'>>): string {
  const [ofText, ofHtml] = [text, html ?? ''].map((part) => /#token=([\w-]+)/.exec(part)?.[1]);
  if (!ofText || ofText !== ofHtml) throw new Error(`No token, or two different ones:\n${text}`);
  return ofText;
}
