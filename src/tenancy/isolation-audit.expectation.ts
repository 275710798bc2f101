/**
 * What the audit takes for granted about this product; everything else it reads from the catalog.
 * The sources are sql/60-policies.sql, sql/30-context.sql, sql/70-directory.sql and sql/75-seal.sql.
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

/** Of the known functions, those that shoppers may execute: what their policies call. */
export const SHOPPER_FUNCTIONS: readonly string[] = [
  'tenancy.current_org()',
  'tenancy.current_user_id()',
  'tenant_seal.verified_org()',
];

/** A function that the walls stand on, or that may look over them. */
export interface KnownFunction {
  /** Schema, name and argument types. */
  signature: string;
  owner: string;
  securityDefiner: boolean;
  /** As in `pg_proc.proconfig`. */
  searchPath: string | null;
  /** As `pg_get_function_sqlbody` prints it, or else as in `pg_proc.prosrc`. */
  body: string;
  /** What creates it, and mends it. */
  definition: string;
  /** Who may execute it beside its owner. Where that is not the serving role, requests must not. */
  executor: string;
  /** Whether nothing depends on it where it is missing. */
  isOptional?: boolean;
}

const VERIFIED_ORG_BODY = `
DECLARE
  seal text := current_setting('app.tenant_seal', true);
  proof text;
BEGIN
  SELECT encode(sha256(outer_pad || sha256(inner_pad || convert_to(format('%s|%s|%s|%s',
      current_setting('app.current_org', true), current_setting('app.current_user_id', true), pg_backend_pid(),
      split_part(seal, '.', 2)), 'UTF8'))), 'hex')
    INTO proof
    FROM tenant_seal.keys
    WHERE id = split_part(seal, '.', 1) AND (retires_at IS NULL OR retires_at > now());
  RETURN CASE
    WHEN hashtextextended(proof, 0) = hashtextextended(split_part(seal, '.', 3), 0) AND proof = split_part(seal, '.', 3)
    THEN CASE
      WHEN split_part(seal, '.', 2)::bigint > date_part('epoch', now())
      THEN current_setting('app.current_org', true)::uuid
    END
  END;
END
`;

const DUE_MAIL_BODY = `SELECT DISTINCT org_id FROM public.outgoing_mails
    WHERE next_attempt_at <= now() AND org_id > organizations_with_due_mail.after ORDER BY org_id LIMIT 100`;
const OLD_MAIL_BODY = `WITH RECURSIVE oldest AS (
    (SELECT org_id, created_at FROM public.outgoing_mails
      WHERE org_id > organizations_with_old_mail.after ORDER BY org_id, created_at LIMIT 1)
    UNION ALL
    SELECT next.org_id, next.created_at FROM oldest CROSS JOIN LATERAL (
      SELECT mail.org_id, mail.created_at FROM public.outgoing_mails AS mail
      WHERE mail.org_id > oldest.org_id ORDER BY mail.org_id, mail.created_at LIMIT 1) AS next
  )
  SELECT org_id FROM oldest WHERE created_at < organizations_with_old_mail.before LIMIT 100`;
const DUE_COMMANDS_BODY = `SELECT DISTINCT org_id FROM public.payment_commands
    WHERE next_attempt_at <= now() AND org_id > organizations_with_due_commands.after ORDER BY org_id LIMIT 100`;
const UNPAID_ORDERS_BODY = `WITH RECURSIVE oldest AS (
    (SELECT org_id, placed_at FROM public.orders
      WHERE status = 'pending' AND org_id > organizations_with_unpaid_orders.after
      ORDER BY org_id, placed_at LIMIT 1)
    UNION ALL
    SELECT next.org_id, next.placed_at FROM oldest CROSS JOIN LATERAL (
      SELECT unpaid.org_id, unpaid.placed_at FROM public.orders AS unpaid
      WHERE unpaid.status = 'pending' AND unpaid.org_id > oldest.org_id
      ORDER BY unpaid.org_id, unpaid.placed_at LIMIT 1) AS next
  )
  SELECT org_id FROM oldest WHERE placed_at <= organizations_with_unpaid_orders.before LIMIT 100`;
const LIST_ORGANIZATIONS_BODY =
  'SELECT o.id, o.slug, o.suspended_at, o.deletion_due_at FROM public.organizations AS o ORDER BY o.slug';

export const CONTEXT_FUNCTION = 'tenancy.current_org()';
export const USER_FUNCTION = 'tenancy.current_user_id()';

export const KNOWN_FUNCTIONS: readonly KnownFunction[] = [
  contextFunction(CONTEXT_FUNCTION, 'app.current_org'),
  contextFunction(USER_FUNCTION, 'app.current_user_id'),
  {
    signature: 'tenancy.find_organization(text)',
    owner: 'rowhouse_directory',
    securityDefiner: true,
    searchPath: 'search_path=pg_catalog, pg_temp',
    body: 'SELECT id FROM public.organizations WHERE organizations.slug = find_organization.slug',
    definition:
      'CREATE OR REPLACE FUNCTION tenancy.find_organization(slug text) RETURNS uuid' +
      ' LANGUAGE sql STABLE STRICT SECURITY DEFINER PARALLEL SAFE' +
      ' SET search_path = pg_catalog, pg_temp' +
      ' AS $$SELECT id FROM public.organizations WHERE organizations.slug = find_organization.slug$$;',
    executor: SERVING_ROLE,
  },
  {
    signature: 'tenant_directory.list_organizations()',
    owner: 'rowhouse_directory',
    securityDefiner: true,
    searchPath: 'search_path=pg_catalog, pg_temp',
    body: LIST_ORGANIZATIONS_BODY,
    definition:
      'CREATE OR REPLACE FUNCTION tenant_directory.list_organizations()' +
      ' RETURNS TABLE (id uuid, slug text, suspended_at timestamptz, deletion_due_at timestamptz)' +
      ' LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE' +
      ` SET search_path = pg_catalog, pg_temp AS $$${LIST_ORGANIZATIONS_BODY}$$;`,
    // The operator's: who serves requests has no business with all organizations at once.
    executor: OWNER_ROLE,
  },
  {
    signature: 'outbox.organizations_with_due_mail(uuid)',
    owner: 'rowhouse_directory',
    securityDefiner: true,
    searchPath: 'search_path=pg_catalog, pg_temp',
    body: DUE_MAIL_BODY,
    definition:
      'CREATE OR REPLACE FUNCTION outbox.organizations_with_due_mail(after uuid) RETURNS SETOF uuid' +
      ' LANGUAGE sql STABLE STRICT SECURITY DEFINER PARALLEL SAFE' +
      ` SET search_path = pg_catalog, pg_temp AS $$${DUE_MAIL_BODY}$$;`,
    executor: SERVING_ROLE,
  },
  {
    signature: 'outbox.organizations_with_old_mail(uuid, timestamp with time zone)',
    owner: 'rowhouse_directory',
    securityDefiner: true,
    searchPath: 'search_path=pg_catalog, pg_temp',
    body: OLD_MAIL_BODY,
    definition:
      'CREATE OR REPLACE FUNCTION outbox.organizations_with_old_mail(after uuid, before timestamptz)' +
      ' RETURNS SETOF uuid LANGUAGE sql STABLE STRICT SECURITY DEFINER PARALLEL SAFE' +
      ` SET search_path = pg_catalog, pg_temp AS $$${OLD_MAIL_BODY}$$;`,
    executor: SERVING_ROLE,
  },
  {
    signature: 'payment_outbox.organizations_with_due_commands(uuid)',
    owner: 'rowhouse_directory',
    securityDefiner: true,
    searchPath: 'search_path=pg_catalog, pg_temp',
    body: DUE_COMMANDS_BODY,
    definition:
      'CREATE OR REPLACE FUNCTION payment_outbox.organizations_with_due_commands(after uuid) RETURNS SETOF uuid' +
      ' LANGUAGE sql STABLE STRICT SECURITY DEFINER PARALLEL SAFE' +
      ` SET search_path = pg_catalog, pg_temp AS $$${DUE_COMMANDS_BODY}$$;`,
    executor: SERVING_ROLE,
  },
  {
    signature: 'unpaid_orders.organizations_with_unpaid_orders(uuid, timestamp with time zone)',
    owner: 'rowhouse_directory',
    securityDefiner: true,
    searchPath: 'search_path=pg_catalog, pg_temp',
    body: UNPAID_ORDERS_BODY,
    definition:
      'CREATE OR REPLACE FUNCTION unpaid_orders.organizations_with_unpaid_orders(after uuid, before timestamptz)' +
      ' RETURNS SETOF uuid LANGUAGE sql STABLE STRICT SECURITY DEFINER PARALLEL SAFE' +
      ` SET search_path = pg_catalog, pg_temp AS $$${UNPAID_ORDERS_BODY}$$;`,
    executor: SERVING_ROLE,
  },
  {
    signature: 'tenant_seal.verified_org()',
    owner: OWNER_ROLE,
    securityDefiner: true,
    searchPath: 'search_path=pg_catalog, pg_temp',
    body: VERIFIED_ORG_BODY,
    definition:
      'CREATE OR REPLACE FUNCTION tenant_seal.verified_org() RETURNS uuid' +
      ' LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED' +
      ` SET search_path = pg_catalog, pg_temp AS $$${VERIFIED_ORG_BODY}$$;`,
    executor: SERVING_ROLE,
    // The policies of the seal cannot be without it, and the server that seals asks for it.
    isOptional: true,
  },
];

function contextFunction(signature: string, setting: string): KnownFunction {
  return {
    signature,
    owner: OWNER_ROLE,
    securityDefiner: false,
    searchPath: null,
    body: `RETURN (NULLIF(current_setting('${setting}'::text, true), ''::text))::uuid`,
    definition:
      `CREATE OR REPLACE FUNCTION ${signature} RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE` +
      ` RETURN nullif(current_setting('${setting}', true), '')::uuid;`,
    executor: SERVING_ROLE,
  };
}
