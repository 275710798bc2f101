import { forbidden, notFound } from '../../shared/errors.js';
import { decodeId, encodeId } from '../../shared/ids.js';
import { fetchedPage, type KeysetOrder, keysetPage } from '../../shared/keyset.js';
import type { Page, PageRequest } from '../../shared/page.js';
import { value } from '../../shared/statements/index.js';
import { type RequestContext, requireCaller } from '../request-context.js';
import { roleGrants } from '../roles.js';
import type { PasswordHasher } from '../session/password-hasher.js';
import {
  type CreateUserInput,
  type UserFilter,
  type UserOrder,
  UserOrderField,
} from './user.input.js';
import { UserLoader } from './user.loader.js';
import type { UserRow, UserStore } from './user.store.js';
import { UserRole } from './user.type.js';

const ORDERS = {
  [UserOrderField.CREATED_AT]: {
    column: 'users.created_at',
    type: 'timestamp',
    keyOf: (user: UserRow) => user.createdAt,
  },
  [UserOrderField.NAME]: {
    column: 'users.name',
    type: 'text',
    keyOf: (user: UserRow) => user.name,
  },
} as const;

export class UserService {
  readonly #store: UserStore;
  readonly #passwords: PasswordHasher;

  constructor(store: UserStore, passwords: PasswordHasher) {
    this.#store = store;
    this.#passwords = passwords;
  }

  /** The caller's own account. @throws NOT_FOUND when it was removed since the sign-in */
  viewer(ctx: RequestContext): Promise<UserRow> {
    return this.get(ctx, encodeId('user', requireCaller(ctx).userId));
  }

  /** @throws NOT_FOUND, BAD_USER_INPUT */
  async get(ctx: RequestContext, id: string): Promise<UserRow> {
    const user = await ctx.use(UserLoader).byId.load(decodeId('user', id, 'id'));
    if (!user) throw notFound(id);
    return user;
  }

  async list(
    ctx: RequestContext,
    filter: UserFilter | null,
    { field, direction }: UserOrder,
    request: PageRequest,
  ): Promise<Page<UserRow>> {
    const { keyOf, ...column } = ORDERS[field];
    const order: KeysetOrder = { ...column, name: field, idColumn: 'users.id', direction };
    const criteria = filter?.role ? { roles: value(filter.role) } : {};
    const rows = await this.#store.list(ctx.tx, criteria, keysetPage(order, request));
    return fetchedPage(order, request, rows, keyOf, () => this.#store.count(ctx.tx, criteria));
  }

  /** @throws ALREADY_EXISTS, NOT_FOUND; FORBIDDEN when somebody who is no owner would make an owner */
  async create(ctx: RequestContext, input: CreateUserInput): Promise<UserRow> {
    const { role } = requireCaller(ctx);
    if (input.role === UserRole.OWNER && !roleGrants(role, 'organization:write')) {
      throw forbidden('organization:write');
    }
    return this.#store.create(ctx.tx, {
      email: input.email.toLowerCase(),
      name: input.name,
      role: input.role,
      passwordHash: await this.#passwords.hash(input.password),
    });
  }
}
