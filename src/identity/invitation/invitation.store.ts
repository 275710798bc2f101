import { sql } from 'kysely';
import { alreadyExists } from '../../shared/errors.js';
import { fixedStatement, type Value } from '../../shared/statements/index.js';
import {
  entityList,
  findByIds,
  isUniqueViolation,
  type model,
  query,
  type TenantTransaction,
} from '../../tenancy/index.js';
import { organizationLetsIn } from '../let-in.js';

/** A row of `invitations` without what opens it. */
export type InvitationRow = Pick<
  model.Invitation,
  'id' | 'email' | 'role' | 'customRoleId' | 'invitedBy' | 'createdAt' | 'lastSentAt' | 'expiresAt'
>;

/** What is looked at when a token comes back. */
export type OpenInvitation = InvitationRow & { secretHash: Buffer };

/** What each mail gives an invitation anew. */
export type Sending = Pick<model.Invitation, 'invitedBy' | 'lastSentAt' | 'expiresAt'> & {
  secretHash: Buffer;
};

/** Which invitations, checked and ready for a statement. */
export interface InvitationCriteria {
  expiry?: { isOver: Value<boolean>; now: Value<Date> };
}

const COLUMNS = [
  'invitations.id',
  'invitations.email',
  'invitations.role',
  'invitations.custom_role_id as customRoleId',
  'invitations.invited_by as invitedBy',
  'invitations.created_at as createdAt',
  'invitations.last_sent_at as lastSentAt',
  'invitations.expires_at as expiresAt',
] as const;

interface Opening {
  orgId: string;
  id: string;
  now: Date;
}

const open = (of: Opening) =>
  query
    .selectFrom('invitations')
    .innerJoin('organizations', 'organizations.id', 'invitations.org_id')
    .select([...COLUMNS, 'invitations.secret_hash as secretHash'])
    .where('invitations.org_id', '=', of.orgId)
    .where('invitations.id', '=', of.id)
    .where(organizationLetsIn(sql<Date>`${of.now}::timestamptz`));

const opened = fixedStatement('invitations.open', (of: Opening) => open(of).compile());

const locked = fixedStatement('invitations.lock', (of: Opening) =>
  open(of).forUpdate('invitations').compile(),
);

export class InvitationStore {
  readonly findByIds = findByIds('invitations', COLUMNS);

  readonly list = entityList({
    table: 'invitations',
    columns: COLUMNS,
    orders: {
      CREATED_AT: { column: 'invitations.created_at', type: 'timestamp', property: 'createdAt' },
    },
    matching: (invitations, { expiry }: InvitationCriteria) =>
      expiry
        ? invitations.where(
            sql<boolean>`(invitations.expires_at <= ${expiry.now}::timestamptz) = ${expiry.isOver}::boolean`,
          )
        : invitations,
  });

  /** @returns null also while the organization lets nobody in */
  async find(tx: TenantTransaction, id: string, now: Date): Promise<OpenInvitation | null> {
    const rows = await tx.execute(opened({ orgId: tx.tenant.orgId, id, now }));
    return (rows[0] as OpenInvitation | undefined) ?? null;
  }

  /** The same, and nobody else does anything about it until this transaction ends. */
  async findAndLock(tx: TenantTransaction, id: string, now: Date): Promise<OpenInvitation | null> {
    const rows = await tx.execute(locked({ orgId: tx.tenant.orgId, id, now }));
    return (rows[0] as OpenInvitation | undefined) ?? null;
  }

  /** @throws ALREADY_EXISTS when the address is invited already */
  async create(
    tx: TenantTransaction,
    invitation: Pick<model.Invitation, 'id' | 'email' | 'role' | 'customRoleId'> & Sending,
  ): Promise<InvitationRow> {
    try {
      return await tx.prisma.invitation.create({
        data: { ...invitation, secretHash: new Uint8Array(invitation.secretHash) },
        omit: { orgId: true, secretHash: true },
      });
    } catch (error) {
      if (!isUniqueViolation(error, 'invitations_org_id_email_key')) throw error;
      throw alreadyExists(
        'input.email',
        'This e-mail address is invited already. Send that invitation again with resendInvitation.',
      );
    }
  }

  /** Makes the link that was sent before useless, and another one good. */
  async renew(
    tx: TenantTransaction,
    id: string,
    { secretHash, ...sending }: Sending,
  ): Promise<InvitationRow | null> {
    const rows = await tx.prisma.invitation.updateManyAndReturn({
      where: { id },
      data: { ...sending, secretHash: new Uint8Array(secretHash) },
      omit: { orgId: true, secretHash: true },
    });
    return rows[0] ?? null;
  }

  async delete(tx: TenantTransaction, id: string): Promise<void> {
    await tx.prisma.invitation.deleteMany({ where: { id } });
  }

  /** @param email in lower case */
  async deleteOfEmail(tx: TenantTransaction, email: string): Promise<void> {
    await tx.prisma.invitation.deleteMany({ where: { email } });
  }
}
