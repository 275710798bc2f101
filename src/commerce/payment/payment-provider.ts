import type { Money } from '../money/money.js';

/**
 * Who takes money: Stripe, Adyen, a bank, or the one for development. Whoever writes one needs to know no more than what
 * stands here, and `local.provider.ts` is an example.
 *
 * A provider is asked after the transaction stands that wanted it, never within one, and by commands that survive the
 * process. So each method may be called **again for the same payment**: because the answer was lost, because the process
 * was ended before it was written down, or because the last answer was `pending`. Its `key` says that it is the same:
 * send it as the idempotency key (Stripe: `Idempotency-Key`; Adyen: `idempotency-key`), and money moves once. Where a
 * provider forgets keys after a day, look the payment up by its id first.
 *
 * - **Return** what the provider has decided. What it refuses for good is `declined`, with a reason that the buyer may
 *   read.
 * - **Throw** whatever else happens: no connection, status 5xx or 429, an answer that makes no sense. It is tried again, with
 *   growing waits. A `ProviderError` says what is kept as the reason and whether others would fare no better now; anything
 *   else is logged as a fault of the provider's code.
 * - **Keep to the signal.** When it aborts, give up: the outcome is unknown then, and is asked for again.
 * - **Believe the amount that is passed**, which comes from the order in the database.
 *
 * What takes longer than an answer may (3-D Secure, a bank transfer) is `pending`: the webhook tells how it ended, and
 * should none come, the method is called again after some minutes. A webhook and an answer may both tell the same; the
 * payment changes once.
 */
export interface PaymentProvider {
  /** Lower case, at most 40 characters: it is stored with each payment, and stands in the address of the webhooks. */
  readonly name: string;

  /**
   * Asks for the money, to be captured afterwards. One that takes it at once answers `captured`, and is not asked to
   * capture.
   */
  authorize(
    payment: AskedPayment & { readonly source: string },
    signal: AbortSignal,
  ): Promise<ProviderAnswer<'authorized' | 'captured'>>;

  /** Takes all of what was authorized. */
  capture(payment: AskedPayment, signal: AbortSignal): Promise<ProviderAnswer<'captured'>>;

  /**
   * Gives all of it back; `refunded` is the answer also where that has happened before. `declined` is tried again as
   * well, for as long as it takes, and is in the log and in `Payment.problem`.
   */
  refund(payment: AskedPayment, signal: AbortSignal): Promise<ProviderAnswer<'refunded'>>;

  /**
   * Lets go of what was authorized. Nobody may know whether anything was: `cancelled` is the answer also where there is
   * nothing, and of a payment that was captured meanwhile, the money goes back. Should it be authorized after that,
   * this is asked anew, with another `key`.
   */
  cancel(payment: AskedPayment, signal: AbortSignal): Promise<ProviderAnswer<'cancelled'>>;

  /**
   * Reads a message that has come in under the address of one organization, and says what it tells. It comes from
   * anybody: nothing of it may be believed before the signature was verified, with a secret that is good for this
   * organization alone, over the bytes as they came, and with a comparison in constant time. A message that is
   * older than some minutes is refused, so that one that leaked is soon worth nothing; that it counts once is seen to
   * by whoever calls this. Costs no request and no statement.
   *
   * @throws anything, for what cannot be verified or makes no sense: whoever sent it is told nothing but that
   */
  readWebhook(message: WebhookMessage): PaymentWebhook;
}

/** What a provider is asked to do something with. */
export interface AskedPayment extends Money {
  /** Our public id, `pay_…`: the same however often it is asked. Have the provider tell it in webhooks. */
  readonly id: string;
  /** Names what is asked, in 36 ASCII characters: the same however often that is asked. */
  readonly key: string;
  /** UUID of the organization whose money it is. */
  readonly orgId: string;
  /**
   * What the provider calls it; our id until the provider has said so. While it is our id, find the payment by that, or
   * throw: it is tried again.
   */
  readonly reference: string;
}

/** What came of it. */
export type ProviderAnswer<Done extends string> =
  | {
      readonly status: Done | 'pending';
      /** What the provider calls the payment: 1 to 200 printable ASCII characters, unique for it. The first that is told stays. */
      readonly reference?: string;
      /** How much, where the provider says so: another sum than that of the payment does not count, and the staff is told. */
      readonly money?: Money;
    }
  | {
      readonly status: 'declined';
      /** A sentence for the buyer, without names and numbers; at most 200 characters are kept. */
      readonly reason: string;
    };

/** A message as it came. */
export interface WebhookMessage {
  /** UUID of the organization in whose address it came: a claim until the signature says so. */
  readonly orgId: string;
  /** Names in lower case. What comes twice is joined by Node.js, mostly with a comma. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** To the byte. */
  readonly body: Buffer;
  readonly now: Date;
}

/** What a webhook can tell. */
export const WEBHOOK_KINDS = [
  'authorized',
  'captured',
  'declined',
  'refunded',
  'cancelled',
  'other',
] as const;

/** What a message tells. */
export interface PaymentWebhook {
  /** What the provider calls the message, 1 to 200 printable ASCII characters: sent again, it is the same. */
  readonly eventId: string;
  /**
   * `declined` and `cancelled` are the end of a payment: money that comes for it later goes back. An attempt after
   * which the buyer may try once more with the same payment is `other`, as is all that concerns nobody here: it is
   * recorded, and changes nothing. All else is about a payment of ours: while nobody knows it, the message is answered
   * 404, and comes again.
   */
  readonly kind: (typeof WEBHOOK_KINDS)[number];
  /**
   * Which payment: what the provider calls it, or, better, our id, which it was given. A webhook may be faster than the
   * answer that says what the provider calls it.
   */
  readonly reference: string;
  /** What the provider calls the payment, where `reference` is our id and the message has both. */
  readonly providerReference?: string;
  readonly occurredAt: Date;
  /** Why, of what was declined. */
  readonly reason?: string;
  /**
   * How much was authorized, captured or refunded, where the message says so: do tell it. Of another sum than that of
   * the payment, a part for example, nothing changes but `Payment.problem`, for the staff to look at.
   */
  readonly money?: Money;
}

/** The provider did not say what became of it. `message` is stored: nothing secret, nothing about the buyer. */
export class ProviderError extends Error {
  override readonly name = 'ProviderError';
  /** Whether others would hardly fare better now: the provider is away, or knows us no more. */
  readonly isGeneral: boolean;

  constructor(message: string, { isGeneral = false }: { isGeneral?: boolean } = {}) {
    super(message);
    this.isGeneral = isGeneral;
  }
}
