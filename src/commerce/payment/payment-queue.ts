import type { SealedFor, SecretBox } from '../../shared/secret-box.js';
import type { TenantTransaction } from '../../tenancy/index.js';
import { PaymentCommandStore } from './payment-command.store.js';

const store = new PaymentCommandStore();

/** Where it is put down what a provider is wanted to do; that happens when the transaction stands. */
export class PaymentQueue {
  readonly #box: SecretBox;
  readonly #onCommitted: () => void;

  /** @param onCommitted told each time that there is something to do */
  constructor(box: SecretBox, onCommitted: () => void = () => undefined) {
    this.#box = box;
    this.#onCommitted = onCommitted;
  }

  /** @param source where the money comes from: it is read by the server alone, and gone when the command is done */
  async authorize(tx: TenantTransaction, paymentId: string, source: string): Promise<void> {
    const seal = (id: string) => this.#box.seal(source, sealedFor(tx.tenant.orgId, id));
    await store.add(tx, paymentId, 'authorize', { seal });
    tx.afterCommit(this.#onCommitted);
  }

  /** Does nothing where the payment has such a command already, done or not. */
  async add(tx: TenantTransaction, paymentId: string, kind: 'capture' | 'refund'): Promise<void> {
    await store.add(tx, paymentId, kind);
    tx.afterCommit(this.#onCommitted);
  }

  /** Has the provider let go of what it has set aside, also where it was asked to before: it may have had nothing then. */
  async cancel(tx: TenantTransaction, paymentId: string): Promise<void> {
    await store.addAnew(tx, paymentId, 'cancel');
    tx.afterCommit(this.#onCommitted);
  }

  /** @returns where the money comes from; null when the key that sealed it is not there any more */
  open(orgId: string, id: string, sealed: Uint8Array): string | null {
    return this.#box.open(sealed, sealedFor(orgId, id));
  }
}

function sealedFor(orgId: string, id: string): SealedFor {
  return { purpose: 'payment source', orgId, id };
}
