import { BECOME } from './acting-role.js';
import { DatabaseError, translateDatabaseError } from './database-error.js';
import type { Precondition } from './precondition.js';
import type { Recording } from './recording.js';
import { SealRefusedError, VERIFY_SEAL } from './seal-check.js';
import type { Tenant } from './tenant.js';
import type { Access } from './tenant-transaction.js';
import type { TransactionConnection } from './transaction-connection.js';
import { sendTogether } from './write-batch.js';

const BEGIN: Record<Access, string> = {
  read: 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY',
  write: 'BEGIN ISOLATION LEVEL READ COMMITTED',
};

/** A read that is recorded cannot begin as one that writes nothing; it becomes that behind the recording. */
const BEGIN_RECORDED: Record<Access, string> = {
  ...BEGIN,
  read: 'BEGIN ISOLATION LEVEL REPEATABLE READ',
};

/** What a transaction is bound to beside its tenant. */
export interface TransactionTerms {
  /** Without which no statement is answered, and nothing committed. */
  readonly precondition?: Precondition | undefined;
  readonly recording?: Recording | undefined;
}

/**
 * All that stands in front of a transaction's first statement: BEGIN and the context, whether the seal is accepted,
 * the precondition, the recording, and the role of a shopper.
 */
export class TransactionBeginning {
  /** Thrown from then on: the precondition does not hold. */
  #refusal: Error | undefined;

  constructor(
    readonly tenant: Tenant,
    readonly access: Access,
    readonly terms: TransactionTerms,
  ) {}

  get refusal(): Error | undefined {
    return this.#refusal;
  }

  /**
   * Sends it as one message, and not awaited: the first real statement follows on its heels, in the same packet.
   *
   * @returns what resolves when the transaction and its context stand
   */
  send(connection: TransactionConnection): Promise<unknown> {
    const { pooled } = connection;
    const { precondition, recording } = this.terms;
    sendTogether(pooled.client);
    const context = pooled.contextOf(this.tenant);
    const begin = (recording ? BEGIN_RECORDED : BEGIN)[this.access];
    let begun: Promise<unknown> = connection.send(`${begin}; ${context}`);
    if (pooled.isSealDue()) begun = Promise.all([begun, verifySeal(connection)]);
    if (precondition) begun = this.#check(connection, begun, precondition);
    if (recording) begun = Promise.all([begun, this.#record(connection, recording)]);
    if (this.tenant.isShopper) begun = Promise.all([begun, becomeShopper(connection)]);
    // Whoever waits for it gets its failure; there may be nobody.
    begun.catch(() => undefined);
    return begun;
  }

  /** @param begun without which the answer means nothing */
  async #check(
    connection: TransactionConnection,
    begun: Promise<unknown>,
    { statement, also = [], refusal }: Precondition,
  ): Promise<void> {
    const sent = connection.sendAlong([statement, ...also]);
    await begun;
    const answers = await Promise.all(sent);
    if (answers.every(({ rows }) => rows.length > 0)) return;
    this.#refusal = refusal();
    throw this.#refusal;
  }

  async #record(connection: TransactionConnection, { statements }: Recording): Promise<void> {
    const sent: Promise<unknown>[] = connection.sendAlong(statements);
    if (this.access === 'read') sent.push(connection.send('SET TRANSACTION READ ONLY'));
    await Promise.all(sent);
  }
}

async function verifySeal(connection: TransactionConnection): Promise<void> {
  const { rows } = await connection.send<{ holds: boolean }>(VERIFY_SEAL);
  if (!rows[0]?.holds) throw new SealRefusedError();
}

/** Behind all that goes along with the beginning: no shopper may see sessions, or write what is recorded. */
function becomeShopper(connection: TransactionConnection): Promise<unknown> {
  const taken = connection.pooled.client.query(BECOME.shopper).catch((error: unknown) => {
    const fault = translateDatabaseError(error);
    // A fault of the installation, and nothing that a shopper was refused.
    throw fault instanceof DatabaseError
      ? new DatabaseError(fault.message, undefined, undefined, { cause: error })
      : fault;
  });
  return connection.noted(taken);
}
