import { buildClientSchema, type GraphQLSchema, getIntrospectionQuery } from 'graphql';
import type { Client } from 'pg';
import { PasswordHasher } from '../../../src/identity/session/password-hasher.js';
import { newUuid } from '../../../src/shared/ids.js';
import { makeOpaqueToken } from '../../../src/shared/opaque-token.js';
import { withAdminConnection } from '../../../src/tenancy/admin-connection.js';
import type { PoolSettings } from '../../../src/tenancy/index.js';
import { type Api, type Organization, startApi } from '../api.js';
import { AttackReport } from '../attacks/attack-report.js';
import { entityKinds } from '../attacks/entity-kinds.js';
import { ATTACK_SERVER_OPTIONS } from '../attacks/index.js';
import { cartStates } from '../cart-states.js';
import { type KeyServer, startKeyServer } from '../key-server.js';
import { orderStates } from '../order-states.js';
import { secondFactorCodes, secondFactorStates } from '../second-factor-states.js';
import { type Row, type TenantTable, tenantTables } from '../tenant-tables.js';
import type { Driving, Sighting } from './api-driver.js';
import { COMMON_WORD, fillLargeDatabase, thinTables } from './large-database.js';
import { ownRows } from './own-rows.js';
import { seeFields } from './see-fields.js';
import { seeLists } from './see-lists.js';
import { seeMutations } from './see-mutations.js';
import { seeRoutes } from './see-routes.js';
import { WireTap } from './wire-tap.js';

/** The product over a large database, with a tap on the wire between them. */
export interface TappedApi {
  api: Api;
  tap: WireTap;
  schema: GraphQLSchema;
  tables: TenantTable[];
  large: Organization;
  close(): Promise<void>;
}

/** What was seen of the product's statements. */
export interface Seen {
  sightings: Sighting[];
  /** What could not be seen, a sentence each; empty when every field was. */
  faults: string[];
}

export async function startTappedApi(): Promise<TappedApi> {
  let tap: WireTap | undefined;
  const pool: Partial<PoolSettings> = {};
  const api = await startApi({
    server: ATTACK_SERVER_OPTIONS,
    pool,
    async prepare(database) {
      tap = await WireTap.inFrontOf(database.appUrl);
      pool.url = tap.through(database.appUrl);
    },
  });
  const large = await api.createOrganization();
  const { data } = await api.send(getIntrospectionQuery());
  const tables = await withAdminConnection(api.database.superuserUrl, async (superuser) => {
    await fillLargeDatabase(superuser, large.tenant.orgId, {
      passwordHash: await new PasswordHasher().hash(COMMON_WORD),
      personId: large.owner.uuid,
    });
    return tenantTables(superuser);
  });
  return {
    api,
    tap: tap as WireTap,
    schema: buildClientSchema(data),
    tables,
    large,
    async close() {
      await api.close();
      await tap?.close();
    },
  };
}

/**
 * Asks the product for everything that its schema offers, and takes down what that sends to the database.
 *
 * @param schema the product's, or one that promises more than it keeps
 * @param wants which fields are asked for, `Query.tasks`; all when left out
 */
export async function statementsOfApi(
  { api, tap, tables, large }: TappedApi,
  schema: GraphQLSchema,
  wants: (field: string) => boolean = () => true,
): Promise<Seen> {
  const keys = await startKeyServer();
  try {
    return await withAdminConnection(api.database.superuserUrl, async (superuser) => {
      const driving = {
        ...(await prepareDriving(superuser, { tap, tables, large }, schema)),
        tokens: {
          ...(await makeTokens(api, large, keys)),
          ...(await makeMailedTokens(superuser, large)),
          ...secondFactorCodes(),
        },
        arrange: {
          ...secondFactorStates(superuser, large),
          ...cartStates(superuser, large),
          ...orderStates(superuser, large),
          'Mutation.revokeSession': await keptSessions(superuser, large),
        },
        wants,
      };
      await seeFields(driving);
      await seeLists(driving);
      await seeMutations(driving, superuser, tables);
      if (wants('routes')) await seeRoutes(driving, superuser, large, api.url);
      const { sightings, faults } = driving;
      return { sightings, faults: [...new Set(faults)] };
    });
  } finally {
    keys.close();
  }
}

async function prepareDriving(
  superuser: Client,
  { tap, tables, large }: Pick<TappedApi, 'tap' | 'tables' | 'large'>,
  schema: GraphQLSchema,
): Promise<Omit<Driving, 'wants' | 'tokens' | 'arrange'>> {
  const { orgId } = large.tenant;
  const ofTables = new Map<TenantTable, { ours: Row[]; theirs: Row[] }>();
  for (const table of tables.filter(({ columns }) => columns.includes('id'))) {
    const { rows } = await superuser.query<Row>(
      `SELECT id FROM ${table.name} WHERE ${table.owner} = $1`,
      [orgId],
    );
    ofTables.set(table, { ours: rows, theirs: [] });
  }
  const names: Record<string, string> = {
    slug: large.slug,
    email: large.owner.email,
    sku: 'SKU-1',
    key: 'key-1',
  };
  const report = new AttackReport();
  const kinds = await entityKinds(schema, large.owner, ofTables, report);
  const rows = [];
  for (const kind of kinds) rows.push(await ownRows(superuser, kind, tables, large.tenant));
  return {
    schema,
    person: large.owner,
    tap,
    rows,
    names: ({ table, column }) => [
      table === 'categories' ? 'category-1' : (names[column] as string),
    ],
    sightings: [],
    faults: [...(await thinTables(superuser, tables, orgId)), ...report.result.breaches],
  };
}

/** As many as a mutation is tried, and some more. */
const TOKENS = 20;

async function makeTokens(
  api: Api,
  { tenant, owner, viewer }: Organization,
  keys: KeyServer,
): Promise<Driving['tokens']> {
  const { orgId } = tenant;
  const refreshTokens = Array.from({ length: TOKENS }, async () => {
    const { refreshToken } = await api.app.identity.sessions.open({ orgId, userId: viewer.uuid });
    return refreshToken;
  });
  const iss = `https://issuer-${newUuid()}.example.com`;
  await owner.ask(
    `mutation { createIdentityProvider(input: { name: "x", issuer: "${iss}", audience: "x", jwksUrl: "${keys.url}", defaultRole: VIEWER, linkByEmail: true }) { id } }`,
  );
  // Of somebody who is there already, of somebody who is new, and of one who has come before.
  const foreignTokens = Array.from({ length: TOKENS }, (_, index) => {
    const email = index === 0 ? viewer.email : `newcomer-${index}@${newUuid()}.example.com`;
    const sub = `subject-${Math.floor(index / 3)}`;
    return keys.sign({ iss, aud: 'x', sub, email, email_verified: true });
  });
  return {
    'Mutation.refreshSession': await Promise.all(refreshTokens),
    'Mutation.signInWithToken': await Promise.all(foreignTokens),
  };
}

/** What would be in people's mail: each of another user, since using one makes others useless. */
async function makeMailedTokens(
  client: Client,
  { tenant: { orgId }, owner }: Organization,
): Promise<Driving['tokens']> {
  const tokens: Driving['tokens'] = {};
  for (const [index, [field, opaque, kind]] of MAILED_TOKENS.entries()) {
    const ofField: string[] = [];
    for (let n = 1; n <= TOKENS; n++) {
      const id = newUuid();
      const { token, hash } = makeOpaqueToken(opaque, { orgId, id });
      const user = `user-${100 + index * TOKENS + n}@example.com`;
      await client.query(
        `INSERT INTO account_tokens (org_id, id, user_id, kind, email, secret_hash, expires_at)
         SELECT org_id, $2, id, $3, CASE $3 WHEN 'change_email' THEN 'changed-' || email ELSE email END,
           $4, now() + interval '1 day' FROM users WHERE org_id = $1 AND email = $5`,
        [orgId, id, kind, hash, user],
      );
      ofField.push(token);
    }
    tokens[field] = ofField;
  }
  const invited: string[] = [];
  for (let n = 1; n <= TOKENS; n++) {
    const id = newUuid();
    const { token, hash } = makeOpaqueToken('invitation', { orgId, id });
    await client.query(
      `INSERT INTO invitations (org_id, id, email, role, custom_role_id, invited_by, secret_hash, expires_at)
       SELECT $1, $2, $3, CASE WHEN custom.id IS NULL THEN 'member' ELSE 'custom' END, custom.id, $4, $5,
         now() + interval '1 day'
       FROM (SELECT) AS one
       LEFT JOIN (SELECT id FROM roles WHERE org_id = $1 LIMIT 1) AS custom ON $6::int % 2 = 0`,
      [orgId, id, `guest-${id}@example.com`, owner.uuid, hash, n],
    );
    invited.push(token);
  }
  return { ...tokens, 'Mutation.acceptInvitation': invited };
}

const MAILED_TOKENS = [
  ['Mutation.verifyEmail', 'emailVerification', 'verify_email'],
  ['Mutation.resetPassword', 'passwordReset', 'reset_password'],
  ['Mutation.confirmEmailChange', 'emailChange', 'change_email'],
] as const;

/** Brings back the sessions of who asks: other mutations end them. */
async function keptSessions(
  client: Client,
  { tenant: { orgId }, owner }: Organization,
): Promise<() => Promise<void>> {
  await client.query('CREATE TEMP TABLE kept_sessions (LIKE sessions)');
  await client.query(
    'INSERT INTO kept_sessions SELECT * FROM sessions WHERE org_id = $1 AND user_id = $2',
    [orgId, owner.uuid],
  );
  return async () => {
    await client.query('INSERT INTO sessions SELECT * FROM kept_sessions ON CONFLICT DO NOTHING');
  };
}
