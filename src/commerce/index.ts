export {
  type Commerce,
  type CommerceOptions,
  type CommerceSettings,
  createCommerce,
} from './commerce.js';
export type { Expiring } from './order/unpaid-orders.feature.js';
export type { Paying, PaymentSettings } from './payment/payment.feature.js';
export {
  type AskedPayment,
  type PaymentProvider,
  type PaymentWebhook,
  type ProviderAnswer,
  ProviderError,
  type WebhookMessage,
} from './payment/payment-provider.js';
export { SalesLedger } from './sales/sales-ledger.js';
