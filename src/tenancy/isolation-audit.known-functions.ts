import { OWNER_ROLE, SERVING_ROLE } from './isolation-audit.expectation.js';

/**
 * A function that the walls stand on, or that may look over them. The sources are sql/30-context.sql,
 * sql/70-directory.sql and sql/75-seal.sql.
 */
interface KnownFunction {
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

/** Of the known functions, those that shoppers may execute: what their policies call. */
export const SHOPPER_FUNCTIONS: readonly string[] = [
  'tenancy.current_org()',
  'tenancy.current_user_id()',
  'tenant_seal.verified_org()',
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
