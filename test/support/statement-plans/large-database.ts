import type { ClientBase } from 'pg';
import type { TenantTable } from '../tenant-tables.js';
import { largeCatalog } from './large-catalog.js';
import { largeOrders } from './large-orders.js';
import { largeSales } from './large-sales.js';

/** Most organizations have nothing yet; this many have rows, and one of them is large. */
const ORGANIZATIONS = 2_000;
const IN_USE = 300;

/**
 * How many rows there are, in the large organization and in each of the others. A parent has more rows
 * than fit on a page nearly everywhere: else it would be as good to fetch all of them and to sort.
 */
const ROWS = {
  users: { large: 250, others: 8 },
  projects: { large: 400, others: 16 },
  tasks: { large: 20_000, others: 400 },
  events: { large: 8_000, others: 80 },
  sessions: { large: 2_000, others: 20 },
  mails: { large: 2_000, others: 20 },
  roles: { large: 300, others: 3 },
  accountTokens: { large: 1_000, others: 16 },
  invitations: { large: 1_000, others: 16 },
  keys: { large: 500, others: 5 },
  secrets: { large: 250, others: 2 },
  recoveryCodes: { large: 1_000, others: 20 },
  providers: { large: 250, others: 2 },
  identities: { large: 1_000, others: 10 },
};

/** A table with fewer rows in the large organization proves nothing. */
const FEWEST_ROWS = 200;

/** A word that every text has: what all of it can be searched for. */
export const COMMON_WORD = 'commonground';

/** The moment in the middle of all that was made, and of all that is due. */
export const MIDDLE_MOMENT = '2025-06-01T00:00:00Z';

/**
 * A database with many organizations, one of which is large, its rows in the order in which they would
 * have been written: those of all organizations mixed. One project, one owner and one assignee of the
 * large organization have a quarter of its rows; a few projects and tasks are deleted.
 *
 * Add to it when you add a table: `thinTables` will ask for it.
 *
 * @param client of a superuser, whom row-level security does not hold
 * @param largeOrgId an organization that is there, and becomes the large one
 * @param options.passwordHash what everybody of it signs in with
 * @param options.personId UUID of who will ask: a user of it, who gets as much as anybody of what only
 *   its owner sees
 */
export async function fillLargeDatabase(
  client: ClientBase,
  largeOrgId: string,
  { passwordHash, personId }: { passwordHash: string; personId?: string },
): Promise<void> {
  const {
    users,
    projects,
    tasks,
    events,
    sessions,
    mails,
    roles,
    accountTokens,
    invitations,
    keys,
    secrets,
    recoveryCodes,
    providers,
    identities,
  } = ROWS;
  const countIn = (org: string, { large, others }: { large: number; others: number }) =>
    `CASE ${org} WHEN '${largeOrgId}' THEN ${large} ELSE ${others} END`;
  // The foreign keys would be checked row by row; these cannot be wrong.
  await client.query(`BEGIN; SET LOCAL session_replication_role = replica; SET LOCAL work_mem = '64MB';
    INSERT INTO organizations (id, name, slug)
      SELECT gen_random_uuid(), 'Organization ' || n, 'other-' || n
      FROM generate_series(1, ${ORGANIZATIONS - 1}) AS n;

    -- Every row to be: what it is of which organization, and three numbers to make up the rest from.
    CREATE TEMP TABLE drafts ON COMMIT DROP AS
      SELECT kind, organizations.id AS org_id, n, r1, r2, r3, to_timestamp(millis / 1000.0) AS moment,
        (lpad(to_hex(millis), 12, '0') || '7' || substr(hash, 1, 3) || '8' || substr(hash, 4, 15))::uuid AS id
      FROM (VALUES ('user', ${users.large}, ${users.others}), ('project', ${projects.large}, ${projects.others}),
          ('task', ${tasks.large}, ${tasks.others}), ('event', ${events.large}, ${events.others}),
          ('session', ${sessions.large}, ${sessions.others}), ('mail', ${mails.large}, ${mails.others}),
          ('role', ${roles.large}, ${roles.others}),
          ('token', ${accountTokens.large}, ${accountTokens.others}), ('invitation', ${invitations.large}, ${invitations.others}),
          ('key', ${keys.large}, ${keys.others}), ('secret', ${secrets.large}, ${secrets.others}),
          ('code', ${recoveryCodes.large}, ${recoveryCodes.others}),
          ('provider', ${providers.large}, ${providers.others}),
          ('identity', ${identities.large}, ${identities.others})) AS kinds (kind, large, others)
      CROSS JOIN (SELECT id, row_number() OVER (ORDER BY id = '${largeOrgId}' DESC, slug) AS place
        FROM organizations ORDER BY place LIMIT ${IN_USE}) AS organizations
      CROSS JOIN LATERAL generate_series(1, CASE organizations.id WHEN '${largeOrgId}' THEN large ELSE others END) AS n
      CROSS JOIN LATERAL (SELECT md5(organizations.place || kind || n) AS hash OFFSET 0) AS a
      CROSS JOIN LATERAL (SELECT ('x' || substr(hash, 20, 4))::bit(16)::int AS r1,
        ('x' || substr(hash, 24, 4))::bit(16)::int AS r2, ('x' || substr(hash, 28, 4))::bit(16)::int AS r3) AS b
      CROSS JOIN LATERAL (SELECT 1735689600000 + (r1 * 65536::bigint + r2) * 6 AS millis) AS c;
    ANALYZE drafts;

    INSERT INTO roles (org_id, id, name, permissions, created_at, updated_at)
      SELECT org_id, id, 'Role ' || n, ARRAY['tasks:write'], moment, moment
      FROM drafts WHERE kind = 'role' ORDER BY moment;

    -- A fifth of the users has one of three roles of their organization's own; nobody has the others.
    INSERT INTO users (org_id, id, email, name, role, custom_role_id, password_hash, created_at, updated_at)
      SELECT holder.org_id, holder.id, 'user-' || holder.n || '@example.com', 'User ' || holder.r2 % 400,
        CASE WHEN custom.id IS NULL THEN (ARRAY['owner', 'admin', 'member', 'viewer'])[1 + holder.r3 % 4] ELSE 'custom' END,
        custom.id, 'none', holder.moment, holder.moment
      FROM drafts AS holder
      LEFT JOIN drafts AS custom ON custom.kind = 'role' AND custom.org_id = holder.org_id
        AND custom.n = 1 + holder.r1 % 3 AND holder.n % 5 = 0
      WHERE holder.kind = 'user' ORDER BY holder.moment;

    INSERT INTO projects (org_id, id, owner_id, name, description, created_at, updated_at, deleted_at)
      SELECT project.org_id, project.id, owner.id, 'Project ' || project.r2 % 400 || ' ${COMMON_WORD}',
        'About number ' || project.r3, project.moment, project.moment,
        CASE WHEN project.n > 1 AND project.r3 % 10 = 0 THEN timestamptz '2026-01-01Z' END
      FROM drafts AS project JOIN drafts AS owner ON owner.kind = 'user' AND owner.org_id = project.org_id
        AND owner.n = CASE project.n % 4 WHEN 0 THEN 1 ELSE 1 + project.r1 % ${countIn('project.org_id', users)} END
      WHERE project.kind = 'project' ORDER BY project.moment;

    INSERT INTO tasks (org_id, id, project_id, assignee_id, title, description, status, completed, priority,
        due_at, created_at, updated_at, deleted_at)
      SELECT task.org_id, task.id, project.id, CASE WHEN task.r3 % 100 >= 15 THEN assignee.id END,
        'Task ' || task.r3 % 397 || ' ${COMMON_WORD}', 'About number ' || task.r3, status, status = 'completed',
        task.r3 % 5, CASE WHEN task.r2 % 10 >= 3 THEN task.moment + (task.r3 % 60 - 30) * interval '1 day' END,
        task.moment, task.moment + task.r3 * interval '1 minute',
        CASE WHEN project.n > 1 AND project.r3 % 10 = 0 OR task.r1 % 20 = 0 THEN timestamptz '2026-01-01Z' END
      FROM drafts AS task
      JOIN drafts AS assignee ON assignee.kind = 'user' AND assignee.org_id = task.org_id
        AND assignee.n = CASE task.n % 4 WHEN 1 THEN 1 ELSE 1 + task.r1 % ${countIn('task.org_id', users)} END
      JOIN drafts AS project ON project.kind = 'project' AND project.org_id = task.org_id
        AND project.n = CASE task.n % 4 WHEN 2 THEN 1 ELSE 1 + task.r2 % ${countIn('task.org_id', projects)} END
      CROSS JOIN LATERAL (SELECT (ARRAY['pending', 'in_progress', 'completed'])[1 + task.r2 % 3] AS status) AS a
      WHERE task.kind = 'task' ORDER BY task.moment;

    INSERT INTO audit_events (org_id, id, kind, actor_id, subject_id, address, occurred_at)
      SELECT event.org_id, event.id,
        (ARRAY['session.signed_in', 'session.refused', 'user.created'])[1 + event.r3 % 3],
        CASE WHEN event.r3 % 3 <> 1 THEN actor.id END, subject.id, '192.0.2.1', event.moment
      FROM drafts AS event
      JOIN drafts AS actor ON actor.kind = 'user' AND actor.org_id = event.org_id
        AND actor.n = CASE event.n % 4 WHEN 1 THEN 1 ELSE 1 + event.r1 % ${countIn('event.org_id', users)} END
      JOIN drafts AS subject ON subject.kind = 'user' AND subject.org_id = event.org_id
        AND subject.n = CASE event.n % 4 WHEN 2 THEN 1 ELSE 1 + event.r2 % ${countIn('event.org_id', users)} END
      WHERE event.kind = 'event' ORDER BY event.moment;

    INSERT INTO sessions (org_id, id, user_id, refresh_hash, address, created_at, refreshed_at, expires_at)
      SELECT session.org_id, session.id, holder.id, sha256(session.id::text::bytea), '192.0.2.1', session.moment,
        session.moment, CASE WHEN session.n % 20 = 1 THEN session.moment ELSE now() END + interval '30 days'
      FROM drafts AS session
      JOIN drafts AS holder ON holder.kind = 'user' AND holder.org_id = session.org_id
        AND holder.n = CASE session.n % 4 WHEN 1 THEN 1 ELSE 1 + session.r1 % ${countIn('session.org_id', users)} END
      WHERE session.kind = 'session' ORDER BY session.moment;
    UPDATE sessions SET user_id = coalesce(nullif('${personId ?? ''}', '')::uuid, user_id) FROM drafts
      WHERE sessions.org_id = '${largeOrgId}' AND sessions.id = drafts.id AND drafts.n % 4 = 1;

    INSERT INTO outgoing_mails (org_id, id, sealed, created_at, attempts, next_attempt_at, sent_at)
      SELECT org_id, id, CASE WHEN is_waiting THEN '\\x00'::bytea END, moment, 1,
        CASE WHEN is_waiting THEN moment END, CASE WHEN NOT is_waiting THEN moment END
      FROM drafts CROSS JOIN LATERAL (SELECT n % 20 = 0 AS is_waiting) AS a
      WHERE kind = 'mail' ORDER BY moment;

    INSERT INTO account_tokens (org_id, id, user_id, kind, email, secret_hash, expires_at, created_at)
      SELECT token.org_id, token.id, holder.id,
        (ARRAY['verify_email', 'reset_password', 'change_email'])[1 + token.r3 % 3],
        'user-' || holder.n || '@example.com', sha256(token.id::text::bytea), token.moment + interval '1 day', token.moment
      FROM drafts AS token
      JOIN drafts AS holder ON holder.kind = 'user' AND holder.org_id = token.org_id
        AND holder.n = CASE token.n % 4 WHEN 1 THEN 1 ELSE 1 + token.r1 % ${countIn('token.org_id', users)} END
      WHERE token.kind = 'token' ORDER BY token.moment;

    -- A fifth of the invitations is to a role of the organization's own.
    INSERT INTO invitations (org_id, id, email, role, custom_role_id, invited_by, secret_hash, expires_at, created_at,
        last_sent_at)
      SELECT invitation.org_id, invitation.id, 'invited-' || invitation.n || '@example.com',
        CASE WHEN custom.id IS NULL THEN (ARRAY['owner', 'admin', 'member', 'viewer'])[1 + invitation.r3 % 4]
          ELSE 'custom' END,
        custom.id, inviter.id,
        sha256(invitation.id::text::bytea), invitation.moment + interval '7 days', invitation.moment, invitation.moment
      FROM drafts AS invitation
      JOIN drafts AS inviter ON inviter.kind = 'user' AND inviter.org_id = invitation.org_id
        AND inviter.n = 1 + invitation.r1 % ${countIn('invitation.org_id', users)}
      LEFT JOIN drafts AS custom ON custom.kind = 'role' AND custom.org_id = invitation.org_id
        AND custom.n = 1 + invitation.r1 % 3 AND invitation.n % 5 = 0
      WHERE invitation.kind = 'invitation' ORDER BY invitation.moment;
    INSERT INTO api_keys (org_id, id, user_id, name, prefix, secret_hash, permissions, created_at)
      SELECT key.org_id, key.id, holder.id, 'Key ' || key.n, 'rhk_' || key.r1, sha256(key.id::text::bytea),
        '{tasks:write}', key.moment
      FROM drafts AS key
      JOIN drafts AS holder ON holder.kind = 'user' AND holder.org_id = key.org_id
        AND holder.n = CASE key.n % 4 WHEN 1 THEN 1 ELSE 1 + key.r1 % ${countIn('key.org_id', users)} END
      WHERE key.kind = 'key' ORDER BY key.moment;

    -- All of them ended long ago: two that are live leave no room for another.
    INSERT INTO tenant_secrets (org_id, id, prefix, secret_hash, created_at, created_by, expires_at)
      SELECT secret.org_id, secret.id, 'rhs_' || secret.r1, 'none', secret.moment, maker.id,
        timestamptz '2026-01-01Z'
      FROM drafts AS secret
      JOIN drafts AS maker ON maker.kind = 'user' AND maker.org_id = secret.org_id AND maker.n = 1
      WHERE secret.kind = 'secret' ORDER BY secret.moment;

    INSERT INTO publishable_keys (org_id, id, name, prefix, secret_hash, created_at, created_by)
      SELECT key.org_id, key.id, 'Shop ' || key.n, 'rhpk_' || key.r1, sha256(key.id::text::bytea), key.moment, maker.id
      FROM drafts AS key
      JOIN drafts AS maker ON maker.kind = 'user' AND maker.org_id = key.org_id AND maker.n = 1
      WHERE key.kind = 'key' ORDER BY key.moment;

    INSERT INTO second_factors (org_id, user_id, secret_sealed, confirmed_at, last_step, created_at)
      SELECT org_id, id, sha256(id::text::bytea), moment, r1, moment FROM drafts WHERE kind = 'user' ORDER BY moment;

    INSERT INTO recovery_codes (org_id, id, user_id, code_hash, created_at)
      SELECT code.org_id, code.id, holder.id, sha256(code.id::text::bytea), code.moment
      FROM drafts AS code
      JOIN drafts AS holder ON holder.kind = 'user' AND holder.org_id = code.org_id
        AND holder.n = 1 + code.r1 % ${countIn('code.org_id', users)}
      WHERE code.kind = 'code' ORDER BY code.moment;
    INSERT INTO identity_providers (org_id, id, name, issuer, audience, created_at, updated_at)
      SELECT org_id, id, 'Provider ' || n, 'https://issuer-' || n || '.example.com', 'api', moment, moment
      FROM drafts WHERE kind = 'provider' ORDER BY moment;

    INSERT INTO external_identities (org_id, id, provider_id, subject, user_id, created_at, last_used_at)
      SELECT identity.org_id, identity.id, provider.id, 'subject ' || identity.n, holder.id, identity.moment,
        identity.moment
      FROM drafts AS identity
      JOIN drafts AS provider ON provider.kind = 'provider' AND provider.org_id = identity.org_id
        AND provider.n = CASE identity.n % 4 WHEN 2 THEN 1 ELSE 1 + identity.r2 % ${countIn('identity.org_id', providers)} END
      JOIN drafts AS holder ON holder.kind = 'user' AND holder.org_id = identity.org_id
        AND holder.n = CASE identity.n % 4 WHEN 1 THEN 1 ELSE 1 + identity.r1 % ${countIn('identity.org_id', users)} END
      WHERE identity.kind = 'identity' ORDER BY identity.moment;
    UPDATE users SET password_hash = '${passwordHash}' WHERE org_id = '${largeOrgId}';
    ${largeCatalog(largeOrgId, COMMON_WORD)}
    ${largeOrders(largeOrgId, { personId })}
    ${largeSales()}
    COMMIT`);
  await client.query('VACUUM ANALYZE');
}

/** What the large organization has too little of, a sentence each. */
export async function thinTables(
  client: ClientBase,
  tables: readonly TenantTable[],
  largeOrgId: string,
): Promise<string[]> {
  const faults: string[] = [];
  for (const { name, owner } of tables) {
    if (name === 'organizations') continue;
    const { rows } = await client.query<{ count: number }>(
      `SELECT count(*)::int AS count FROM ${name} WHERE ${owner} = $1`,
      [largeOrgId],
    );
    const count = rows[0]?.count ?? 0;
    if (count < FEWEST_ROWS) {
      faults.push(
        `The table ${name} has ${count} rows of the large organization, so its plans prove nothing: fill it in test/support/statement-plans.`,
      );
    }
  }
  return faults;
}
