import type { Clock } from '../../shared/clock.js';
import { RowhouseError } from '../../shared/errors.js';
import type { SignedRequest, SignedRoute, SignedWork } from '../../shared/http-route.js';
import { tryDecodeId } from '../../shared/ids.js';
import type { TenantTransaction } from '../../tenancy/index.js';
import type { PaidOrders } from './paid-orders.js';
import type { PaymentRow, PaymentStore } from './payment.store.js';
import { PaymentEventStore } from './payment-event.store.js';
import type { PaymentProgress } from './payment-progress.js';
import { type PaymentProvider, type PaymentWebhook, WEBHOOK_KINDS } from './payment-provider.js';
import { isSum, isToken, shortened } from './provider-words.js';

export interface PaymentWebhookOptions {
  readonly providers: ReadonlyMap<string, PaymentProvider>;
  readonly payments: PaymentStore;
  readonly orders: PaidOrders;
  readonly progress: PaymentProgress;
  readonly clock: Clock;
}

export const WEBHOOK_PATH = '/payments/webhooks/:provider/:organizationId';

/** Messages of providers have some kilobytes. */
const MOST_BYTES = 65_536;

/** As the column takes them, with room. */
const FIRST_MOMENT = Date.UTC(2000, 0, 1);
const LAST_MOMENT = Date.UTC(2200, 0, 1);

const events = new PaymentEventStore();

/** Where providers tell what has become of payments. Who sends it is known by the signature, and by nothing else. */
export function paymentWebhookRoute(
  options: PaymentWebhookOptions,
): SignedRoute<TenantTransaction> {
  return {
    method: 'POST',
    path: WEBHOOK_PATH,
    description:
      'Takes what a payment provider tells of payments of one organization, each message once.',
    credential: "the provider's signature, with a secret of that organization",
    bytes: MOST_BYTES,
    open: (request) => opened(request, options),
  };
}

function opened(
  { params, headers, body }: SignedRequest,
  options: PaymentWebhookOptions,
): SignedWork<TenantTransaction> | null {
  const { providers, clock } = options;
  const provider = providers.get(params.provider ?? '');
  const organization = tryDecodeId(params.organizationId ?? '');
  if (!provider || organization?.prefix !== 'org') return null;
  const orgId = organization.uuid;
  let webhook: PaymentWebhook;
  try {
    webhook = provider.readWebhook({ orgId, headers, body, now: clock.now() });
    if (!isSane(webhook)) return null;
  } catch {
    return null;
  }
  return { orgId, run: (tx) => take(tx, provider.name, webhook, options) };
}

/** @throws NOT_FOUND for what cannot be acted on yet */
async function take(
  tx: TenantTransaction,
  provider: string,
  webhook: PaymentWebhook,
  { payments, orders, progress }: PaymentWebhookOptions,
): Promise<void> {
  const { eventId, kind, reference, providerReference, occurredAt, reason, money } = webhook;
  const payment = await findPayment(tx, payments, provider, reference);
  if (!payment && kind !== 'other') throw notKnownYet(reference);
  // Before the event, which points at the payment: so all who change one lock in the same order.
  if (payment) await orders.lock(tx, payment.orderId);
  const event = { provider, eventId, kind, paymentId: payment?.id ?? null, occurredAt };
  const isNew = await events.record(tx, event);
  if (!isNew || !payment || kind === 'other') return;
  const why = reason === undefined ? undefined : shortened(reason);
  await progress.note(tx, payment, { kind, reference: providerReference, reason: why, money });
}

/**
 * It may be faster than the answer that says what the provider calls the payment. Were it taken, it would not come again:
 * so nothing is kept of it, and the provider sends it once more.
 */
function notKnownYet(reference: string) {
  return new RowhouseError(
    'NOT_FOUND',
    'Nobody knows this payment yet. Send the message again later.',
    { id: reference },
  );
}

/** By what the provider calls it, or by our own id. */
async function findPayment(
  tx: TenantTransaction,
  payments: PaymentStore,
  provider: string,
  reference: string,
): Promise<PaymentRow | null> {
  const found = await payments.findByReference(tx, provider, reference);
  if (found) return found;
  const decoded = tryDecodeId(reference);
  if (decoded?.prefix !== 'pay') return null;
  const [payment] = await payments.findByIds(tx, [decoded.uuid]);
  return payment?.provider === provider ? payment : null;
}

/** Whether it can be kept. Nobody but the provider could have sent it, but its code may be wrong. */
function isSane({
  eventId,
  kind,
  reference,
  providerReference = reference,
  occurredAt,
  money,
}: PaymentWebhook): boolean {
  const moment = occurredAt.getTime();
  return (
    isToken(eventId) &&
    isToken(reference) &&
    isToken(providerReference) &&
    (money === undefined || isSum(money)) &&
    WEBHOOK_KINDS.includes(kind) &&
    moment >= FIRST_MOMENT &&
    moment < LAST_MOMENT
  );
}
