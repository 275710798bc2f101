import type { Clock } from '../../shared/clock.js';
import type { Logger } from '../../shared/logger.js';
import type { Money } from '../money/money.js';
import type {
  AskedPayment,
  PaymentProvider,
  PaymentWebhook,
  ProviderAnswer,
  WebhookMessage,
} from './payment-provider.js';
import type { WebhookSecrets } from './webhook-secrets.js';
import { isSigned, signWebhook } from './webhook-signature.js';

export interface LocalPaymentProviderOptions {
  readonly secrets: WebhookSecrets;
  readonly clock: Clock;
  readonly logger: Logger;
  /** How long a slow card takes. */
  readonly slowMs?: number;
}

/** What it sends: a POST to the webhook's address, without the network. */
export interface SentWebhook {
  /** UUID. */
  readonly orgId: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Takes a webhook to where webhooks come in. */
export type DeliverWebhook = (webhook: SentWebhook) => Promise<void>;

export const SIGNATURE_HEADER = 'x-payment-signature';

/** What can be paid with. */
const SOURCES = {
  'local-card-ok': 'accepted',
  'local-card-declined': 'declined',
  'local-card-slow': 'slow',
} as const;

const SLOW_MS = 1_500;

const KINDS: Readonly<Record<string, PaymentWebhook['kind']>> = {
  'payment.authorized': 'authorized',
  'payment.captured': 'captured',
  'payment.declined': 'declined',
  'payment.refunded': 'refunded',
  'payment.cancelled': 'cancelled',
};

/**
 * Takes money that there is not: for development, demos and tests. It needs no network and keeps nothing, so that any
 * process gives the same answer for the same payment. In all else it does as others do: it may be asked twice, says
 * later how a slow card turned out, and signs what it sends.
 */
export class LocalPaymentProvider implements PaymentProvider {
  readonly name = 'local';
  readonly #options: LocalPaymentProviderOptions;
  readonly #slow = new Map<string, NodeJS.Timeout>();
  #deliver: DeliverWebhook | undefined;

  constructor(options: LocalPaymentProviderOptions) {
    this.#options = options;
  }

  /** Tells where webhooks go; before, they go nowhere. */
  connect(deliver: DeliverWebhook): void {
    this.#deliver = deliver;
  }

  /** Sends nothing more. */
  close(): void {
    for (const timer of this.#slow.values()) clearTimeout(timer);
    this.#slow.clear();
  }

  async authorize(
    payment: AskedPayment & { readonly source: string },
  ): Promise<ProviderAnswer<'authorized'>> {
    const reference = referenceOf(payment);
    switch (SOURCES[payment.source as keyof typeof SOURCES]) {
      case 'accepted':
        return { status: 'authorized', reference };
      case 'slow':
        this.#tellLater(payment);
        return { status: 'pending', reference };
      case 'declined':
        return { status: 'declined', reason: 'The card was declined.' };
      default:
        return {
          status: 'declined',
          reason: `There is no such card. Try ${Object.keys(SOURCES).join(', ')}.`,
        };
    }
  }

  async capture(): Promise<ProviderAnswer<'captured'>> {
    return { status: 'captured' };
  }

  async refund(): Promise<ProviderAnswer<'refunded'>> {
    return { status: 'refunded' };
  }

  async cancel(payment: AskedPayment): Promise<ProviderAnswer<'cancelled'>> {
    clearTimeout(this.#slow.get(payment.id));
    this.#slow.delete(payment.id);
    return { status: 'cancelled' };
  }

  readWebhook({ orgId, headers, body, now }: WebhookMessage): PaymentWebhook {
    const secrets = this.#options.secrets.of(orgId);
    if (!isSigned(headers[SIGNATURE_HEADER], body, { secrets, now })) {
      throw new Error('The signature is not good.');
    }
    const { id, type, payment, occurredAt, reason, amount, currency } = JSON.parse(
      body.toString('utf8'),
    );
    const saysHowMuch = amount !== undefined || currency !== undefined;
    return {
      eventId: id,
      kind: KINDS[type] ?? 'other',
      reference: payment,
      occurredAt: new Date(occurredAt),
      ...(reason !== undefined && { reason }),
      ...(saysHowMuch && { money: { amount, currency } }),
    };
  }

  /** A webhook, signed as it is sent. @param event.type `payment.captured` */
  webhook(
    orgId: string,
    event: { id: string; type: string; payment: string; reason?: string } & Partial<Money>,
  ): SentWebhook {
    const now = this.#options.clock.now();
    const [secret] = this.#options.secrets.of(orgId);
    if (secret === undefined) throw new TypeError('Without a secret nothing can be signed.');
    const body = JSON.stringify({ ...event, occurredAt: now.toISOString() });
    const headers = {
      'content-type': 'application/json',
      [SIGNATURE_HEADER]: signWebhook(body, secret, now),
    };
    return { orgId, headers, body };
  }

  /** The bank has to think about it. Asked again meanwhile, it goes on thinking. */
  #tellLater({ id, orgId }: AskedPayment): void {
    if (this.#slow.has(id)) return;
    const timer = setTimeout(() => {
      this.#slow.delete(id);
      const event = { id: `authorized-${id}`, type: 'payment.authorized', payment: id };
      this.#send(this.webhook(orgId, event));
    }, this.#options.slowMs ?? SLOW_MS);
    this.#slow.set(id, timer.unref());
  }

  #send(webhook: SentWebhook): void {
    // Should it get lost: the command is tried again, and so this is sent again.
    void this.#deliver?.(webhook).catch((error: unknown) => {
      this.#options.logger.warn({ err: error }, 'a webhook of the local provider got lost');
    });
  }
}

function referenceOf({ id }: AskedPayment): string {
  return `local-${id}`;
}
