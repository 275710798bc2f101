import { Dispatcher } from '../../dispatch/index.js';
import type { Permission, RequestContext } from '../../identity/index.js';
import type { Clock } from '../../shared/clock.js';
import type { Feature } from '../../shared/graphql/index.js';
import type { Logger } from '../../shared/logger.js';
import type { SecretBox } from '../../shared/secret-box.js';
import type { Tenancy } from '../../tenancy/index.js';
import { type DeliverWebhook, LocalPaymentProvider } from './local.provider.js';
import type { PaidOrders } from './paid-orders.js';
import { PaymentLoader } from './payment.loader.js';
import { OrderPaymentsResolver, PaymentResolver } from './payment.resolver.js';
import { PaymentService } from './payment.service.js';
import { PaymentStore } from './payment.store.js';
import { PaymentErrands } from './payment-errands.js';
import { type PaymentPace, USUAL_PACE } from './payment-pace.js';
import { PaymentProgress } from './payment-progress.js';
import type { PaymentProvider } from './payment-provider.js';
import { PaymentQueue } from './payment-queue.js';
import { paymentWebhookRoute } from './payment-webhook.route.js';
import { PaymentsOfOrders } from './payments-of-orders.js';
import { WebhookSecrets } from './webhook-secrets.js';

export interface PaymentSettings {
  /** Who takes payments; null for nobody. */
  readonly provider: 'local' | null;
  /** What webhooks of the local provider are signed with: the first signs, all of them verify. */
  readonly webhookSecrets: readonly string[];
  readonly pace?: Partial<PaymentPace>;
  /** Instead of the one that is named; the first is asked for new payments. */
  readonly providers?: readonly PaymentProvider[];
}

export interface PaymentOptions {
  readonly tenancy: Tenancy;
  readonly settings: PaymentSettings;
  /** Seals where money comes from. */
  readonly secretBox: SecretBox;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly orders: PaidOrders;
}

/** How payments are carried out by this server. */
export interface Paying {
  /** Takes webhooks of the local provider to where webhooks come in. */
  connect(deliver: DeliverWebhook): void;
  /** Begins to ask providers; without it, what is wanted of them is only put down. */
  start(): void;
  /** Asks nobody any more. @param limitMs how long those who are being asked may take to answer */
  stop(limitMs: number): Promise<void>;
}

type PaymentParts = Feature<RequestContext, Permission>;

export interface PaymentFeature extends Required<Omit<PaymentParts, 'routes'>> {
  readonly paying: Paying;
  /** Is told which orders have ended. */
  readonly ofOrders: PaymentsOfOrders;
}

/** Nobody is asked for anything before `start`. */
export function createPayments(options: PaymentOptions): PaymentFeature {
  const { tenancy, settings, secretBox, clock, logger, orders } = options;
  const local = settings.provider === 'local' ? localProvider(options) : null;
  const providers = settings.providers ?? (local ? [local] : []);
  const byName = new Map(providers.map((provider) => [provider.name, provider]));
  const pace = { ...USUAL_PACE, ...settings.pace };
  const payments = new PaymentStore();
  const queue = new PaymentQueue(secretBox, () => dispatcher.wake());
  const progress = new PaymentProgress({ payments, orders, queue, logger });
  const errands = new PaymentErrands({
    tenancy,
    providers: byName,
    queue,
    progress,
    logger,
    pace,
  });
  const dispatcher = new Dispatcher({ tenancy, errands, logger, pace });
  const provider = providers[0]?.name ?? null;
  return {
    resolvers: [
      new PaymentResolver(new PaymentService({ payments, orders, queue, provider })),
      new OrderPaymentsResolver(),
    ],
    nodes: [
      {
        typeName: 'Payment',
        idPrefix: 'pay',
        load: (ctx, id) => ctx.use(PaymentLoader).byId.load(id),
      },
    ],
    signedRoutes: [paymentWebhookRoute({ providers: byName, payments, orders, progress, clock })],
    ofOrders: new PaymentsOfOrders(payments, progress, queue),
    paying: {
      connect: (deliver) => local?.connect(deliver),
      start: () => dispatcher.start(),
      async stop(limitMs) {
        local?.close();
        await dispatcher.stop(limitMs);
      },
    },
  };
}

function localProvider({ settings, clock, logger }: PaymentOptions): LocalPaymentProvider {
  const secrets = new WebhookSecrets(settings.webhookSecrets);
  return new LocalPaymentProvider({ secrets, clock, logger });
}
