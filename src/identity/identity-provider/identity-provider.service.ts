import { badField, notFound, versionConflict } from '../../shared/errors.js';
import { textFault } from '../../shared/graphql/index.js';
import { decodeId, encodeId } from '../../shared/ids.js';
import type { Page, PageRequest } from '../../shared/page.js';
import { AuditEventKind } from '../audit/audit.type.js';
import { recordProviderEvent } from '../audit/provider-events.js';
import { requirePermissions } from '../authorization.js';
import type { ExternalIdentityStore } from '../external-identity/external-identity.store.js';
import { type Caller, type RequestContext, requireSession } from '../request-context.js';
import { permissionsOf } from '../roles.js';
import type { SessionStore } from '../session/session.store.js';
import { UserRole } from '../user/user.type.js';
import {
  type CreateIdentityProviderInput,
  type IdentityProviderOrder,
  type RemoveIdentityProviderInput,
  type RequiredClaimInput,
  type RoleMappingInput,
  type UpdateIdentityProviderInput,
} from './identity-provider.input.js';
import type {
  IdentityProviderData,
  IdentityProviderRow,
  IdentityProviderStore,
} from './identity-provider.store.js';
import { isSharedIssuer } from './shared-issuers.js';

const MOST_CLAIMS = 20;
const MOST_MAPPINGS = 50;
const LONGEST_NAME = 200;
const LONGEST_VALUE = 500;

/** Whoever decides these decides whose tokens count, for accounts that are linked already as well. */
const TRUST = ['audience', 'jwksUrl', 'requiredClaims', 'emailClaim'] as const;

export interface IdentityProviderServiceOptions {
  readonly providers: IdentityProviderStore;
  readonly identities: ExternalIdentityStore;
  readonly sessions: SessionStore;
  /** Of our own access tokens: nobody else is to be trusted by that name. */
  readonly ownIssuer: string;
  /** What is wrong with an address from which keys would be fetched, as a sentence; null when nothing is. */
  readonly addressFault: (url: string) => string | null;
}

export class IdentityProviderService {
  readonly #options: IdentityProviderServiceOptions;

  constructor(options: IdentityProviderServiceOptions) {
    this.#options = options;
  }

  list(
    ctx: RequestContext,
    orderBy: IdentityProviderOrder,
    request: PageRequest,
  ): Promise<Page<IdentityProviderRow>> {
    const { list } = this.#options.providers;
    return list.page(ctx.tx, { criteria: {}, orderBy, request });
  }

  /**
   * @throws ALREADY_EXISTS, BAD_USER_INPUT; FORBIDDEN for a caller without a session, or when it would grant
   *   what the caller does not hold
   */
  async create(
    ctx: RequestContext,
    input: CreateIdentityProviderInput,
  ): Promise<IdentityProviderRow> {
    const caller = requireSession(ctx);
    const { requiredClaims, roleMapping, ...plain } = input;
    const data: IdentityProviderData = {
      ...plain,
      jwksUrl: plain.jwksUrl ?? null,
      roleClaim: plain.roleClaim ?? null,
      defaultRole: plain.defaultRole ?? null,
      requiredClaims: claimsOf(requiredClaims),
      roleMapping: mappingOf(roleMapping),
    };
    this.#checkAddresses(data.issuer, data.jwksUrl);
    refuseMisfits(data);
    mayGrant(caller, granted(data));
    const row = await this.#options.providers.create(ctx.tx, data);
    await recordProviderEvent(ctx, AuditEventKind.IDENTITY_PROVIDER_CREATED, told(row));
    return row;
  }

  /**
   * @throws VERSION_CONFLICT, NOT_FOUND, ALREADY_EXISTS, BAD_USER_INPUT; FORBIDDEN for a caller without a
   *   session, or when it would then grant what the caller does not hold
   */
  async update(
    ctx: RequestContext,
    input: UpdateIdentityProviderInput,
  ): Promise<IdentityProviderRow> {
    const caller = requireSession(ctx);
    const { id, version, requiredClaims, roleMapping, ...plain } = input;
    const changes: Partial<IdentityProviderData> = {
      ...given(plain),
      ...(requiredClaims && { requiredClaims: claimsOf(requiredClaims) }),
      ...(roleMapping && { roleMapping: mappingOf(roleMapping) }),
    };
    const current = await this.#findAndLock(ctx, id);
    if (current.version !== version) throw versionConflict(current.version, presented(current));
    const next = { ...current, ...changes };
    this.#checkAddresses(null, changes.jwksUrl ?? null);
    refuseMisfits(next);
    const reachesAnybody = TRUST.some((field) => field in changes);
    mayGrant(caller, granted(next, reachesAnybody));
    const row = await this.#options.providers.update(ctx.tx, current, changes);
    if (!row) throw notFound(id);
    if (current.enabled && !row.enabled) await this.#endSessions(ctx, row, caller);
    const fields = Object.keys(changes);
    await recordProviderEvent(ctx, AuditEventKind.IDENTITY_PROVIDER_UPDATED, {
      ...told(row),
      fields,
    });
    return row;
  }

  /** @throws NOT_FOUND; FORBIDDEN for a caller without a session */
  async remove(
    ctx: RequestContext,
    { id }: RemoveIdentityProviderInput,
  ): Promise<IdentityProviderRow> {
    const caller = requireSession(ctx);
    const row = await this.#findAndLock(ctx, id);
    await this.#endSessions(ctx, row, caller);
    await this.#options.identities.deleteOfProvider(ctx.tx, row.id);
    await this.#options.providers.delete(ctx.tx, row.id);
    await recordProviderEvent(ctx, AuditEventKind.IDENTITY_PROVIDER_REMOVED, told(row));
    return row;
  }

  /** Of its people, however they have opened them: nobody has written down which came of its tokens. */
  #endSessions(
    ctx: RequestContext,
    { id }: IdentityProviderRow,
    { sessionId }: Caller,
  ): Promise<void> {
    return this.#options.sessions.deleteOfProvider(ctx.tx, id, sessionId);
  }

  async #findAndLock(ctx: RequestContext, id: string): Promise<IdentityProviderRow> {
    const uuid = decodeId('idp', id, 'input.id');
    const row = await this.#options.providers.findAndLock(ctx.tx, uuid);
    if (!row) throw notFound(id);
    return row;
  }

  /**
   * @param issuer null where it stands already
   * @throws BAD_USER_INPUT for an address from which no keys could be had
   */
  #checkAddresses(issuer: string | null, jwksUrl: string | null): void {
    const { ownIssuer, addressFault } = this.#options;
    if (issuer === ownIssuer) throw badField('input.issuer', 'These are our own tokens.');
    for (const [path, url] of Object.entries({ issuer, jwksUrl })) {
      const fault = url === null ? null : addressFault(url);
      if (fault) throw badField(`input.${path}`, fault);
    }
  }
}

/** @throws BAD_USER_INPUT for what would trust everybody, or say nothing */
function refuseMisfits({
  issuer,
  requiredClaims,
  roleClaim,
  roleMapping,
}: IdentityProviderData): void {
  if (isSharedIssuer(issuer) && Object.keys(requiredClaims).length === 0) {
    throw badField(
      'input.requiredClaims',
      'Everybody can get tokens of this issuer. Require a claim that only yours have.',
    );
  }
  if (roleClaim === null && Object.keys(roleMapping).length > 0) {
    throw badField('input.roleClaim', 'Say which claim has the values that are mapped to roles.');
  }
}

/** The roles that tokens of this provider can come to. */
function granted(
  { defaultRole, roleMapping, linkByEmail }: IdentityProviderData,
  reachesAnybody = false,
): string[] {
  const roles = Object.values(roleMapping);
  if (defaultRole !== null) roles.push(defaultRole);
  // Accounts of any role can be linked, or are.
  if (linkByEmail || reachesAnybody) roles.push(UserRole.OWNER);
  return roles;
}

/**
 * Nobody grants more than they hold.
 *
 * @throws FORBIDDEN with what is lacking; BAD_USER_INPUT for a role that not every organization has
 */
function mayGrant(caller: Caller, roles: readonly string[]): void {
  if (roles.includes(UserRole.CUSTOM)) {
    throw badField(
      'input',
      'Give people one of the other roles, and change it when they are here.',
    );
  }
  requirePermissions(caller, new Set(roles.flatMap((role) => [...permissionsOf(role)])));
}

function claimsOf(claims: readonly RequiredClaimInput[]): Record<string, string> {
  const path = 'input.requiredClaims';
  if (claims.length > MOST_CLAIMS) throw badField(path, `At most ${MOST_CLAIMS}.`);
  return Object.fromEntries(
    claims.map(({ claim, value }, index) => {
      refuseText(`${path}.${index}.claim`, claim, LONGEST_NAME);
      refuseText(`${path}.${index}.value`, value, LONGEST_VALUE);
      return [claim, value];
    }),
  );
}

function mappingOf(mapping: readonly RoleMappingInput[]): Record<string, string> {
  const path = 'input.roleMapping';
  if (mapping.length > MOST_MAPPINGS) throw badField(path, `At most ${MOST_MAPPINGS}.`);
  return Object.fromEntries(
    mapping.map(({ value, role }, index) => {
      refuseText(`${path}.${index}.value`, value, LONGEST_NAME);
      return [value, role];
    }),
  );
}

/** @throws BAD_USER_INPUT */
function refuseText(path: string, text: string, max: number): void {
  const fault = textFault(text, { min: 1, max });
  if (fault) throw badField(path, fault);
  // Whoever copies the object on its way to the database would lose it, and with it what it requires.
  if (text === '__proto__') throw badField(path, 'No claim can have this name.');
}

/** Without what was left out. */
function given<T extends object>(changes: T): { [Key in keyof T]?: Exclude<T[Key], undefined> } {
  return Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined)) as {
    [Key in keyof T]?: Exclude<T[Key], undefined>;
  };
}

/** For the audit trail. */
function told({ id, name, issuer, audience }: IdentityProviderRow) {
  return { provider: encodeId('idp', id), name, issuer, audience };
}

/** As the API shows it, for `extensions.current` of a conflict. */
function presented(row: IdentityProviderRow): object {
  return { ...row, id: encodeId('idp', row.id) };
}
