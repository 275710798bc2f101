import type { EnvironmentReader } from './environment-reader.js';

/** Who takes payments. */
export interface PaymentSettings {
  /** Null for nobody. */
  readonly provider: 'local' | null;
  /** Of which the secrets are made that webhooks are signed with: the first signs, all of them verify. */
  readonly webhookSecrets: readonly string[];
}

const LEAST_BYTES = 32;

export function readPaymentSettings(
  read: EnvironmentReader,
  { production }: { production: boolean },
): PaymentSettings {
  // Who sells something should not find out later that the money was none.
  const name = read.oneOf('PAYMENT_PROVIDER', ['local', 'none'], production ? 'none' : 'local');
  const webhookSecrets = read.secrets('PAYMENT_WEBHOOK_SECRETS', { minBytes: LEAST_BYTES });
  if (production && name === 'local' && webhookSecrets.length === 0) {
    read.fault(
      'PAYMENT_WEBHOOK_SECRETS is not set; in production the local provider takes at least one of 32 bytes: openssl rand -base64 48',
    );
  }
  return { provider: name === 'none' ? null : name, webhookSecrets };
}
