import { buildClientSchema, type GraphQLSchema, type IntrospectionQuery } from 'graphql';
import type { ClientBase } from 'pg';
import { PasswordHasher } from '../../../src/identity/session/password-hasher.js';
import type { Api, Organization } from '../api.js';
import type { Row, TenantTable } from '../tenant-tables.js';
import type { AttackerRole } from './attack-api.js';
import type { AttackReport } from './attack-report.js';
import { COMMON_WORD, newWord } from './made-up-values.js';
import { openSchema } from './open-schema.js';
import type { Attacking } from './row-guard.js';
import {
  type Caller,
  changeableBy,
  copyBelongings,
  isForShopper,
  keepBelongings,
  newShoppers,
  sayOtherwise,
  takeOffSale,
} from './shoppers.js';
import { furnish } from './twin-rows.js';

/** Who attacks whom, with what. */
export interface Sides {
  own: Organization;
  foreign: Organization;
  caller: Caller;
  /** Whose rows are attacked. */
  victims: readonly Caller[];
  /** The API as it is for the caller. */
  schema: GraphQLSchema;
  /** What only own texts have, and what only those of others have. */
  words: { own: string; foreign: string[] };
  attacking: Attacking;
  /** Whether a row of the own organization is none that the caller attacks. */
  isOwn(table: TenantTable, row: Row): boolean;
  /** Those of the own organization who may do less. */
  bystanders: readonly { name: string; person: Caller; open: GraphQLSchema }[];
}

export interface SidesOptions {
  api: Api;
  superuser: ClientBase;
  tables: TenantTable[];
  report: AttackReport;
  introspection: IntrospectionQuery;
  role: AttackerRole;
}

/** Makes two organizations that are twins, and who attacks. @returns undefined, with a breach, when it cannot */
export async function takeSides(options: SidesOptions): Promise<Sides | undefined> {
  const { api, superuser, tables, report, introspection, role } = options;
  const twins = await createTwins(api, report);
  if (!twins) return undefined;
  const words = { own: newWord(), foreign: newWord() };
  // One password for all: whoever is found can be signed in as.
  const columns = { password_hash: await new PasswordHasher().hash(COMMON_WORD) };
  const [own, foreign] = twins;
  for (const [{ tenant }, word] of [[own, words.own] as const, [foreign, words.foreign] as const]) {
    for (const fault of await furnish(superuser, tables, tenant.orgId, { word, columns })) {
      report.breach(fault);
    }
  }
  const shoppers = await newShoppers(api, own);
  const schema = buildClientSchema(introspection);
  const opened = {
    customer: openSchema(introspection, 'customer'),
    guest: openSchema(introspection, 'guest'),
  };
  const others = role === 'owner' ? [] : Object.values(await newShoppers(api, own));
  for (const { tenant } of twins) {
    // Who was not made up as well: the attacker's own password is a place like any other.
    await superuser.query('UPDATE users SET password_hash = $1 WHERE org_id = $2', [
      columns.password_hash,
      tenant.orgId,
    ]);
  }
  if (role === 'owner') {
    return {
      ...{ own, foreign, schema, words: { ...words, foreign: [words.foreign] } },
      caller: own.owner,
      victims: [foreign.owner],
      attacking: { orgId: own.tenant.orgId },
      isOwn: () => true,
      bystanders: (['customer', 'guest'] as const).map((kind) => ({
        name: `a ${kind}`,
        person: shoppers[kind],
        open: opened[kind],
      })),
    };
  }
  const { orgId } = own.tenant;
  const caller = shoppers[role];
  const ofShopper = newWord();
  const foreignWords = [words.foreign, words.own];
  await takeOffSale(superuser, orgId);
  await sayOtherwise(superuser, tables, orgId, caller.uuid, {
    instead: words.own,
    word: ofShopper,
  });
  for (const shopper of [caller, ...others]) {
    const word = shopper === caller ? ofShopper : newWord();
    if (shopper !== caller) foreignWords.push(word);
    await copyBelongings(superuser, tables, orgId, own.owner.uuid, shopper, {
      instead: words.own,
      word,
    });
  }
  await keepBelongings(superuser, tables, orgId);
  return {
    ...{ own, foreign, caller, words: { own: ofShopper, foreign: foreignWords } },
    victims: [foreign.owner, own.owner, ...others],
    schema: opened[role],
    attacking: { orgId, shopper: { id: caller.uuid, changeable: changeableBy } },
    isOwn: (table, row) => isForShopper(table, row, caller.uuid),
    bystanders: [],
  };
}

/** @returns undefined, with a breach, when the product cannot even make an organization */
async function createTwins(
  api: Api,
  report: AttackReport,
): Promise<[Organization, Organization] | undefined> {
  try {
    return [await api.createOrganization(), await api.createOrganization()];
  } catch (error) {
    report.breach(`No organization can be made: ${(error as Error).message}`);
    return undefined;
  }
}
