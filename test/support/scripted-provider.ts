import {
  type AskedPayment,
  type PaymentProvider,
  type PaymentWebhook,
  ProviderError,
  type WebhookMessage,
} from '../../src/commerce/index.js';
import type { Money } from '../../src/commerce/money/money.js';

type Method = 'authorize' | 'capture' | 'refund' | 'cancel';

/** A call as it came. */
export interface ProviderCall {
  method: Method;
  id: string;
  key: string;
  /** What it says that the provider calls the payment. */
  reference: string;
  amount: number;
  source?: string;
}

/** A provider that stands outside: it remembers payments by their ids, and does with calls what a test wants. */
export class ScriptedProvider implements PaymentProvider {
  readonly name = 'scripted';
  readonly calls: ProviderCall[] = [];
  /** What was done to money, each once however often it was asked for. */
  readonly done = new Set<string>();
  /** Fails every call while it is true. */
  isAway = false;
  /** Gives nothing back while it is true. */
  refusesRefunds = false;
  /** What it says that it has captured; nothing without. */
  captures: Money | undefined;
  /** Whether it finds by our ids what it has called otherwise. */
  knowsOurIds = true;
  /** Waited for by each call of a method, before anything is done. */
  readonly gates = new Map<Method, Promise<void>>();

  /** Holds calls of a method back. @returns what lets them go on */
  hold(method: Method): () => void {
    let open: () => void = () => undefined;
    this.gates.set(method, new Promise((resolve) => (open = resolve)));
    return () => {
      this.gates.delete(method);
      open();
    };
  }

  /** As if it were new. */
  forget(): void {
    this.calls.length = 0;
    this.done.clear();
    this.gates.clear();
    this.isAway = false;
    this.knowsOurIds = true;
    this.refusesRefunds = false;
    this.captures = undefined;
  }

  callsOf(method: Method): ProviderCall[] {
    return this.calls.filter((call) => call.method === method);
  }

  async authorize(payment: AskedPayment & { source: string }) {
    await this.#called('authorize', payment);
    if (payment.source === 'thought about') return { status: 'pending' } as const;
    if (payment.source === 'declined') return { status: 'declined', reason: 'No.' } as const;
    this.done.add(`authorize ${payment.id}`);
    return { status: 'authorized', reference: `ref-${payment.id}` } as const;
  }

  async capture(payment: AskedPayment) {
    await this.#called('capture', payment);
    this.done.add(`capture ${payment.id}`);
    return { status: 'captured', ...(this.captures && { money: this.captures }) } as const;
  }

  async refund(payment: AskedPayment) {
    await this.#called('refund', payment);
    if (this.refusesRefunds) return { status: 'declined', reason: 'Too old.' } as const;
    this.done.add(`refund ${payment.id}`);
    return { status: 'refunded' } as const;
  }

  async cancel(payment: AskedPayment) {
    await this.#called('cancel', payment);
    this.done.add(`cancel ${payment.id}`);
    return { status: 'cancelled' } as const;
  }

  /** Whoever sends one is believed. */
  readWebhook({ body, now }: WebhookMessage): PaymentWebhook {
    return { occurredAt: now, ...JSON.parse(body.toString('utf8')) };
  }

  async #called(method: Method, asked: AskedPayment & { source?: string }) {
    const { id, key, reference, amount, source } = asked;
    this.calls.push({
      method,
      id,
      key,
      reference,
      amount,
      ...(source !== undefined && { source }),
    });
    await this.gates.get(method);
    if (this.isAway) throw new ProviderError('away', { isGeneral: true });
    const isFound = this.knowsOurIds || method === 'authorize' || reference !== id;
    if (!isFound) throw new ProviderError('no such payment');
  }
}
