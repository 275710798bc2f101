/**
 * What the audit takes for granted about this product; everything else it reads from the catalog.
 * The sources are sql/60-policies.sql and sql/80-grants.sql; its functions are in `isolation-audit.known-functions.ts`.
 */

/** Serves requests: the role that every table has a policy for. */
export const SERVING_ROLE = 'rowhouse_app';

/** What the serving role becomes for customers and guests: held by policies of its own, and with rights to little. */
export const SHOPPER_ROLE = 'rowhouse_shopper';

/** Owns every object, see sql/10-roles.sql. */
export const OWNER_ROLE = 'rowhouse_owner';

/** Roles that can never serve requests, and what they are for. */
export const RESERVED_ROLES: Readonly<Record<string, string>> = {
  [OWNER_ROLE]: 'which owns every table and is for migrations',
  rowhouse_backup: 'which reads every row and is for dumps',
  rowhouse_directory: 'which sees every organization and is for a few functions',
};

/** The column by which a tenant table's rows belong to an organization, unless listed below. */
export const TENANT_COLUMN = 'org_id';

/** An organization belongs to itself. */
export const OTHER_TENANT_COLUMNS: Readonly<Record<string, string>> = {
  'public.organizations': 'id',
};

/**
 * Tables that hold nothing of any organization. The serving role must not be able to use them, so that
 * a table listed here by mistake leaks nothing.
 */
export const OUTSIDE_TABLES: readonly string[] = [
  'public._prisma_migrations', // Prisma's history of migrations
  'tenant_seal.keys', // what seals are verified with, for the function alone
];

/** Tables whose rows requests may add and read, and neither change nor delete. */
export const APPEND_ONLY_TABLES: readonly string[] = [
  'public.audit_events', // what has been recorded stays, also for who injects SQL
  'public.stock_movements', // a ledger: what is wrong is corrected by another movement
  'public.order_items', // what was bought at which price
  'public.order_events', // what has happened to an order
  'public.payment_events', // what a payment provider has told, so that telling it again does nothing
];

/** Unique keys that reach across organizations on purpose. */
export const GLOBAL_KEYS: readonly string[] = [
  'public.organizations_slug_key', // the name in the sign-in form, public by nature
];

/** The policy that every tenant table has, on its own tenant column. */
export const TENANT_POLICY = 'tenant_isolation';

/** The policy that a sealed database has on every tenant table beside that. */
export const SEAL_POLICY = 'tenant_seal';

/** A policy for SELECT beside the tenant policy, for a role other than the serving role. */
export interface ExtraPolicy {
  table: string;
  name: string;
  role: string;
  /** As `pg_get_expr` prints it. */
  using: string;
}

export const EXTRA_POLICIES: readonly ExtraPolicy[] = [
  {
    table: 'public.organizations',
    name: 'directory_lookup',
    role: 'rowhouse_directory',
    using: "(CURRENT_USER = 'rowhouse_directory'::name)",
  },
  {
    table: 'public.outgoing_mails',
    name: 'directory_due_mail',
    role: 'rowhouse_directory',
    using: "(CURRENT_USER = 'rowhouse_directory'::name)",
  },
  {
    table: 'public.payment_commands',
    name: 'directory_due_payments',
    role: 'rowhouse_directory',
    using: "(CURRENT_USER = 'rowhouse_directory'::name)",
  },
  {
    table: 'public.orders',
    name: 'directory_unpaid_orders',
    role: 'rowhouse_directory',
    using: "(CURRENT_USER = 'rowhouse_directory'::name)",
  },
];

/** What shoppers have on a table: the one policy, and the rights that it narrows down. */
export interface ShopperAccess {
  table: string;
  policy: string;
  command: 'SELECT' | 'ALL';
  /** As `pg_get_expr` prints it, with `$org` and `$user` for the calls of the context functions. */
  using: string;
  /** `SELECT` and the like, each on the whole table or only on some columns. */
  privileges: Readonly<Partial<Record<Privilege, 'table' | readonly string[]>>>;
}

type Privilege = 'SELECT' | 'INSERT' | 'UPDATE' | 'DELETE';

const OWNED = '((org_id = $org) AND (owner_id = $user))';

/** All that shoppers may touch, see the ends of sql/60-policies.sql and sql/80-grants.sql. */
export const SHOPPER_ACCESS: readonly ShopperAccess[] = [
  {
    table: 'public.organizations',
    policy: 'own_organization',
    command: 'SELECT',
    using: '(id = $org)',
    privileges: { SELECT: ['id', 'name', 'slug'] },
  },
  {
    table: 'public.users',
    policy: 'own_rows',
    command: 'SELECT',
    using: '((org_id = $org) AND (id = $user))',
    privileges: {
      SELECT: [
        ...['org_id', 'id', 'email', 'name', 'role', 'custom_role_id'],
        ...['created_at', 'updated_at', 'disabled_at', 'email_verified_at'],
      ],
    },
  },
  {
    table: 'public.sessions',
    policy: 'own_rows',
    command: 'SELECT',
    using: '((org_id = $org) AND (user_id = $user))',
    privileges: {
      SELECT: [
        ...['org_id', 'id', 'user_id', 'address', 'user_agent'],
        ...['created_at', 'refreshed_at', 'expires_at'],
      ],
    },
  },
  {
    table: 'public.categories',
    policy: 'shop_window',
    command: 'SELECT',
    using: '(org_id = $org)',
    privileges: { SELECT: 'table' },
  },
  {
    table: 'public.products',
    policy: 'shop_window',
    command: 'SELECT',
    using: '((org_id = $org) AND active AND (deleted_at IS NULL))',
    privileges: { SELECT: 'table' },
  },
  {
    table: 'public.stock_levels',
    policy: 'shop_window',
    command: 'SELECT',
    using: '(org_id = $org)',
    privileges: { SELECT: ['org_id', 'product_id', 'on_hand', 'units_sold'] },
  },
  ...['public.carts', 'public.cart_items'].map(
    (table): ShopperAccess => ({
      table,
      policy: 'own_rows',
      command: 'ALL',
      using: OWNED,
      privileges: { SELECT: 'table', INSERT: 'table', UPDATE: 'table', DELETE: 'table' },
    }),
  ),
  // Written by the organization, on their behalf.
  ...['public.orders', 'public.order_items', 'public.payments', 'public.stock_reservations'].map(
    (table): ShopperAccess => ({
      table,
      policy: 'own_rows',
      command: 'SELECT',
      using: OWNED,
      privileges: { SELECT: 'table' },
    }),
  ),
  {
    table: 'public.order_events',
    policy: 'own_rows',
    command: 'SELECT',
    using: OWNED,
    privileges: {
      SELECT: ['org_id', 'id', 'order_id', 'owner_id', 'status', 'occurred_at'],
    },
  },
];
