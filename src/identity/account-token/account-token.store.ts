import { sql } from 'kysely';
import { fixedStatement } from '../../shared/statements/index.js';
import { type model, query, type TenantTransaction } from '../../tenancy/index.js';
import { organizationLetsIn, userIsLetIn } from '../let-in.js';

/** As the table has them. */
const ACCOUNT_TOKEN_KINDS = ['verify_email', 'reset_password', 'change_email'] as const;
export type AccountTokenKind = (typeof ACCOUNT_TOKEN_KINDS)[number];

export type NewAccountToken = Pick<model.AccountToken, 'id' | 'userId' | 'email' | 'expiresAt'> & {
  kind: AccountTokenKind;
  secretHash: Buffer;
};

/** What is looked at when a token comes back. */
export type AccountTokenRow = Pick<
  model.AccountToken,
  'id' | 'userId' | 'kind' | 'email' | 'expiresAt'
> & { secretHash: Buffer };

/** A token for whoever has an address, if anybody has it. */
export interface TokenForAddress extends Omit<NewAccountToken, 'userId'> {
  /** Whoever has as many good ones already is given none. */
  readonly most: number;
  readonly now: Date;
}

/** Who was given one. */
export interface Addressee {
  readonly name: string;
  /** Name of the organization. */
  readonly organization: string;
}

const inserted = fixedStatement(
  'account-tokens.insert',
  (token: NewAccountToken & { orgId: string }) =>
    sql<Record<string, never>>`
      INSERT INTO account_tokens (org_id, id, user_id, kind, email, secret_hash, expires_at)
      VALUES (${token.orgId}, ${token.id}, ${token.userId}, ${token.kind}, ${token.email},
        ${token.secretHash}, ${token.expiresAt})`.compile(query),
);

/** Locks who may sign in as a sign-in does, so that whoever disables the account meanwhile finds the token. */
const insertedForAddress = fixedStatement(
  'account-tokens.insert-for-address',
  (token: TokenForAddress & { orgId: string }) =>
    sql<Addressee>`
      WITH holder AS (
        SELECT users.org_id, users.id, users.name, organizations.name AS organization FROM users
        JOIN organizations ON organizations.id = users.org_id
        WHERE users.org_id = ${token.orgId}::uuid AND users.email = ${token.email}::text
          AND ${userIsLetIn(sql<Date>`${token.now}::timestamptz`)}
          AND ${token.most}::int > (
            SELECT count(*) FROM account_tokens
            WHERE account_tokens.org_id = users.org_id AND account_tokens.user_id = users.id
              AND account_tokens.kind = ${token.kind}::text
              AND account_tokens.expires_at > ${token.now}::timestamptz
          )
        FOR SHARE OF users
      ), expired AS (
        DELETE FROM account_tokens USING holder
        WHERE account_tokens.org_id = ${token.orgId}::uuid AND account_tokens.user_id = holder.id
          AND account_tokens.expires_at <= ${token.now}::timestamptz
      ), inserted AS (
        INSERT INTO account_tokens (org_id, id, user_id, kind, email, secret_hash, expires_at)
        SELECT org_id, ${token.id}::uuid, id, ${token.kind}::text, ${token.email}::text,
          ${token.secretHash}::bytea, ${token.expiresAt}::timestamptz
        FROM holder
      )
      SELECT name, organization FROM holder`.compile(query),
);

/** About as much for the write-ahead log as a mail is. */
const LETTER_LENGTH = 1_500;

/**
 * In the place of a mail where there is nobody to send one to: a message in the write-ahead log, which nobody
 * reads, and for which the transaction has to wait when it commits.
 */
const nothingSent = fixedStatement('account-tokens.nothing-sent', (of: { length: number }) =>
  sql<Record<string, never>>`
    SELECT FROM pg_logical_emit_message(true, 'rowhouse', repeat('-', ${of.length}::int))`.compile(
    query,
  ),
);

const byId = fixedStatement(
  'account-tokens.by-id',
  (of: { orgId: string; id: string; now: Date }) =>
    query
      .selectFrom('account_tokens')
      .innerJoin('organizations', 'organizations.id', 'account_tokens.org_id')
      .select([
        'account_tokens.id',
        'account_tokens.user_id as userId',
        'account_tokens.kind',
        'account_tokens.email',
        'account_tokens.expires_at as expiresAt',
        'account_tokens.secret_hash as secretHash',
      ])
      .where('account_tokens.org_id', '=', of.orgId)
      .where('account_tokens.id', '=', of.id)
      .where(organizationLetsIn(sql<Date>`${of.now}::timestamptz`))
      .compile(),
);

/** Tokens that are in somebody's mail, by their hashes. */
export class AccountTokenStore {
  async add(tx: TenantTransaction, token: NewAccountToken): Promise<void> {
    await tx.execute(inserted({ ...token, orgId: tx.tenant.orgId }));
  }

  /**
   * Adds a token for the account that has its address, unless there is none, it is not let in, or it has
   * enough of them.
   *
   * @returns null when none was added; it costs about the same
   */
  async addForAddress(tx: TenantTransaction, token: TokenForAddress): Promise<Addressee | null> {
    const rows = await tx.execute(insertedForAddress({ ...token, orgId: tx.tenant.orgId }));
    return rows[0] ?? null;
  }

  /** Costs about as much as putting down a mail. */
  async sendNothing(tx: TenantTransaction): Promise<void> {
    await tx.execute(nothingSent({ length: LETTER_LENGTH }));
  }

  /** @returns null also while the organization lets nobody in */
  async find(tx: TenantTransaction, id: string, now: Date): Promise<AccountTokenRow | null> {
    const rows = await tx.execute(byId({ orgId: tx.tenant.orgId, id, now }));
    return (rows[0] as AccountTokenRow | undefined) ?? null;
  }

  /** Deletes a token. @returns whether it was there: of several at once, one is told so */
  async take(tx: TenantTransaction, id: string): Promise<boolean> {
    const { count } = await tx.prisma.accountToken.deleteMany({ where: { id } });
    return count > 0;
  }

  /** Takes back what a user was sent. */
  async deleteOfUser(
    tx: TenantTransaction,
    userId: string,
    kinds: readonly AccountTokenKind[] = ACCOUNT_TOKEN_KINDS,
  ): Promise<void> {
    await tx.prisma.accountToken.deleteMany({ where: { userId, kind: { in: [...kinds] } } });
  }
}
