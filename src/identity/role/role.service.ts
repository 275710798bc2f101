import { badField, notFound, versionConflict } from '../../shared/errors.js';
import { decodeId, encodeId } from '../../shared/ids.js';
import type { Page, PageRequest } from '../../shared/page.js';
import type { ApiKeyStore } from '../api-key/api-key.store.js';
import { AuditEventKind } from '../audit/audit.type.js';
import { recordRoleEvent } from '../audit/role-events.js';
import { requirePermissions } from '../authorization.js';
import type { OrganizationStore } from '../organization/organization.store.js';
import { type RequestContext, requireCaller } from '../request-context.js';
import { customPermissions } from '../roles.js';
import type { SessionStore } from '../session/session.store.js';
import type { UserStore } from '../user/user.store.js';
import {
  type CreateRoleInput,
  type RemoveRoleInput,
  type RoleOrder,
  type UpdateRoleInput,
} from './role.input.js';
import type { RoleRow, RoleStore } from './role.store.js';
import { requireGrantable } from './role.validator.js';

export interface RoleServiceOptions {
  readonly roles: RoleStore;
  readonly users: UserStore;
  readonly sessions: SessionStore;
  readonly apiKeys: ApiKeyStore;
  readonly organizations: OrganizationStore;
}

export class RoleService {
  readonly #roles: RoleStore;
  readonly #users: UserStore;
  readonly #sessions: SessionStore;
  readonly #apiKeys: ApiKeyStore;
  readonly #organizations: OrganizationStore;

  constructor(options: RoleServiceOptions) {
    this.#roles = options.roles;
    this.#users = options.users;
    this.#sessions = options.sessions;
    this.#apiKeys = options.apiKeys;
    this.#organizations = options.organizations;
  }

  /** @throws BAD_USER_INPUT */
  list(ctx: RequestContext, orderBy: RoleOrder, request: PageRequest): Promise<Page<RoleRow>> {
    return this.#roles.list.page(ctx.tx, { criteria: {}, orderBy, request });
  }

  /** @throws ALREADY_EXISTS, BAD_USER_INPUT; FORBIDDEN when the caller lacks a permission of the role */
  async create(ctx: RequestContext, input: CreateRoleInput): Promise<RoleRow> {
    const granted = requireGrantable(input.permissions, 'input.permissions');
    requirePermissions(requireCaller(ctx), granted);
    const permissions = [...granted];
    const role = await this.#roles.create(ctx.tx, { name: input.name, permissions });
    await recordRoleEvent(ctx, AuditEventKind.ROLE_CREATED, role, { permissions });
    return role;
  }

  /**
   * What the role grants holds at once for everybody who has it: their access tokens are taken back, and
   * refreshing a session gives one with what it grants now.
   *
   * @throws NOT_FOUND, VERSION_CONFLICT, ALREADY_EXISTS, BAD_USER_INPUT; FORBIDDEN when the caller lacks a
   *   permission of the role, as it was or as it is to be
   */
  async update(ctx: RequestContext, input: UpdateRoleInput): Promise<RoleRow> {
    const { id, version, name, permissions: names } = input;
    const wanted = names === undefined ? null : requireGrantable(names, 'input.permissions');
    const role = await this.#lock(ctx, id);
    const before = customPermissions(role.permissions);
    const after = wanted ?? before;
    requirePermissions(requireCaller(ctx), new Set([...before, ...after]));
    if (role.version !== version) throw versionConflict(role.version, presentRole(role));
    const permissions = [...after];
    const row = await this.#roles.update(
      ctx.tx,
      { id: role.id, version },
      { ...(name !== undefined && { name }), ...(wanted && { permissions }) },
    );
    if (!row) throw notFound(id);
    const granted = permissions.filter((permission) => !before.has(permission));
    const revoked = [...before].filter((permission) => !after.has(permission));
    if (granted.length + revoked.length > 0) {
      const holders = await this.#users.findIdsByCustomRole(ctx.tx, role.id);
      await this.#sessions.renewStamps(ctx.tx, holders);
      await this.#apiKeys.renewStamps(ctx.tx, holders);
    }
    await recordRoleEvent(ctx, AuditEventKind.ROLE_UPDATED, row, { granted, revoked });
    return row;
  }

  /**
   * @returns the role as it was
   * @throws NOT_FOUND; BAD_USER_INPUT while somebody has it, or is invited to it; FORBIDDEN when the caller lacks a permission of it
   */
  async remove(ctx: RequestContext, { id }: RemoveRoleInput): Promise<RoleRow> {
    const role = await this.#lock(ctx, id);
    requirePermissions(requireCaller(ctx), customPermissions(role.permissions));
    if (!(await this.#roles.delete(ctx.tx, role.id))) {
      throw badField(
        'input.id',
        'Somebody has this role, see `users(filter: { customRoleId })`, or is invited to it, see `invitations`. Give them another one first, or revoke the invitation.',
      );
    }
    await recordRoleEvent(ctx, AuditEventKind.ROLE_REMOVED, role, {});
    return role;
  }

  /**
   * A role that is about to change. In one organization this goes on one after the other, and one after the
   * other with what changes its people: who is given the role meanwhile would be missed.
   */
  async #lock(ctx: RequestContext, publicId: string): Promise<RoleRow> {
    const id = decodeId('role', publicId, 'input.id');
    await this.#organizations.lock(ctx.tx);
    const role = await this.#roles.findAndLock(ctx.tx, id);
    if (!role) throw notFound(publicId);
    return role;
  }
}

/** A role as the API shows it, for `extensions.current` of a conflict. */
function presentRole({ id, ...role }: RoleRow): object {
  return { ...role, id: encodeId('role', id) };
}
