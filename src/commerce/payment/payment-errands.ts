import type { ErrandOutcome, Errands } from '../../dispatch/index.js';
import { backoffMs } from '../../shared/backoff.js';
import { encodeId } from '../../shared/ids.js';
import type { Logger } from '../../shared/logger.js';
import type { Tenancy, Tenant, TenantTransaction } from '../../tenancy/index.js';
import { type ClaimedCommand, PaymentCommandStore } from './payment-command.store.js';
import type { PaymentPace } from './payment-pace.js';
import type { PaymentProgress } from './payment-progress.js';
import { type PaymentProvider, type ProviderAnswer, ProviderError } from './payment-provider.js';
import type { PaymentQueue } from './payment-queue.js';
import { isToken, shortened } from './provider-words.js';

export interface PaymentErrandsOptions {
  readonly tenancy: Tenancy;
  readonly providers: ReadonlyMap<string, PaymentProvider>;
  readonly queue: PaymentQueue;
  readonly progress: PaymentProgress;
  readonly logger: Logger;
  readonly pace: PaymentPace;
}

type Answer = ProviderAnswer<'authorized' | 'captured' | 'refunded' | 'cancelled'>;

const commands = new PaymentCommandStore();

/** What providers are wanted to do. What is asked a second time has the same id. */
export class PaymentErrands implements Errands<ClaimedCommand> {
  readonly #options: PaymentErrandsOptions;

  readonly words = {
    unreadable: 'the commands for payment providers cannot be read; trying again',
    unrecorded: 'cannot write down what a payment provider has answered',
    blocked: 'a payment provider does not answer; it is asked again',
    open: 'payment providers answer again',
  };

  constructor(options: PaymentErrandsOptions) {
    this.#options = options;
  }

  findOrganizations(after: string): Promise<string[]> {
    return this.#options.tenancy.findOrganizationsWithDuePaymentCommands(after);
  }

  claim(tx: TenantTransaction, limit: number): Promise<ClaimedCommand[]> {
    const { leaseMs, giveUpAfterMs } = this.#options.pace;
    return commands.claim(tx, { limit, leaseMs, giveUpAfterMs });
  }

  logged({ id, paymentId, kind }: ClaimedCommand): object {
    return { commandId: id, paymentId, kind };
  }

  async carryOut(
    tenant: Tenant,
    command: ClaimedCommand,
    cutOff: AbortSignal,
  ): Promise<ErrandOutcome> {
    try {
      const answer = await this.#ask(tenant.orgId, command, cutOff);
      return { way: 'open', record: this.#answered(tenant, command, answer, cutOff) };
    } catch (error) {
      const failure = this.#failureOf(error, tenant, command);
      const way = failure.isGeneral ? 'blocked' : undefined;
      const reason = shortened(failure.message);
      return { way, reason, record: this.#later(tenant, command, reason, cutOff) };
    }
  }

  async #ask(orgId: string, command: ClaimedCommand, cutOff: AbortSignal): Promise<Answer> {
    const { providers, queue, pace } = this.#options;
    const { kind, reference, amount, currency } = command;
    const provider = providers.get(command.provider);
    if (!provider) throw new ProviderError('there is no provider of this name here');
    const payment = {
      id: encodeId('pay', command.paymentId),
      key: command.id,
      orgId,
      reference,
      amount,
      currency,
    };
    const signal = AbortSignal.any([cutOff, AbortSignal.timeout(pace.answerLimitMs)]);
    if (kind !== 'authorize') return inTime<Answer>(provider[kind](payment, signal), signal);
    const source = command.sealed && queue.open(orgId, command.id, command.sealed);
    if (source === null) throw new ProviderError('cannot be opened: is DATA_KEY another one?');
    return inTime<Answer>(provider.authorize({ ...payment, source }, signal), signal);
  }

  /** @returns what writes an answer down */
  #answered(
    tenant: Tenant,
    command: ClaimedCommand,
    answer: Answer,
    cutOff: AbortSignal,
  ): ErrandOutcome['record'] {
    const { progress, pace } = this.#options;
    if (answer.status === 'declined') {
      const reason = shortened(answer.reason);
      if (command.kind === 'authorize' || command.kind === 'capture') {
        return async (tx) => {
          await progress.answer(tx, command, { kind: 'declined', reason });
        };
      }
      this.#options.logger.error(
        { orgId: tenant.orgId, ...this.logged(command), reason },
        'a payment provider refuses to give money back; it is asked again',
      );
      return this.#later(tenant, command, reason, cutOff);
    }
    const { reference, money } = answer;
    if (reference !== undefined && !isToken(reference)) {
      throw new TypeError('The provider gives no reference that could be kept.');
    }
    const { status: kind } = answer;
    return async (tx) => {
      const fault = await progress.answer(tx, command, { kind, reference, money });
      if (fault !== null) return this.#later(tenant, command, fault, cutOff)(tx);
      if (kind !== 'pending') return;
      if (command.isLastAttempt) return this.#later(tenant, command, kind, cutOff)(tx);
      await commands.putOff(tx, command, { reason: kind, delayMs: pace.askAgainMs });
    };
  }

  /** @returns what puts a command off, or gives up an authorization that nobody has decided in time */
  #later(
    { orgId }: Tenant,
    command: ClaimedCommand,
    reason: string,
    cutOff: AbortSignal,
  ): ErrandOutcome['record'] {
    const { progress, pace, logger } = this.#options;
    const payment = { id: command.paymentId, orderId: command.orderId };
    // One that was cut off by us has not had its last attempt.
    if (command.kind === 'authorize' && command.isLastAttempt && !cutOff.aborted) {
      logger.error({ orgId, ...this.logged(command), reason }, 'a payment is given up');
      return (tx) => progress.giveUp(tx, payment);
    }
    const { firstRetryMs: baseMs, longestRetryMs: longestMs } = pace;
    const delayMs = backoffMs(command.attempts - 1, { baseMs, longestMs });
    return (tx) => progress.putOff(tx, command, { reason, delayMs });
  }

  #failureOf(error: unknown, { orgId }: Tenant, command: ClaimedCommand): ProviderError {
    if (error instanceof ProviderError) return error;
    const name = error instanceof Error ? error.name : '';
    if (name === 'AbortError' || name === 'TimeoutError') {
      return new ProviderError('took too long to answer', { isGeneral: true });
    }
    this.#options.logger.error(
      { err: error, orgId, ...this.logged(command) },
      'a payment provider is broken',
    );
    return new ProviderError('the provider is broken');
  }
}

/** Waits no longer than the signal says, should the provider not mind it. */
function inTime<T>(answer: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const end = () => reject(signal.reason);
    if (signal.aborted) end();
    signal.addEventListener('abort', end, { once: true });
    answer.then(resolve, reject);
  });
}
