import { type GraphQLField, type GraphQLSchema, isObjectType } from 'graphql';
import { authorizedFields } from '../shared/graphql/index.js';
import {
  KEY_MUTATIONS,
  PUBLIC_OPERATIONS,
  SHOPPER_OPERATIONS,
  type ShopperRule,
} from './authorization.js';
import { isPermission, type Permission } from './roles.js';

/** Who may ask for a field, as its `extensions.access` says. */
export type Access = 'everybody' | { readonly permissions: readonly Permission[] };

/** A field that says who may use it. */
export interface AccessRule {
  /** `Mutation.createTask` */
  field: string;
  access: Access;
  /** What it is to customers and guests; null for what is not for them, or for everybody anyway. */
  shoppers: ShopperRule | null;
}

/**
 * Writes what `@Authorized()` declares where tools and people find it: in `extensions.access` of each field
 * that has one, and as the last words of its description.
 *
 * @throws TypeError for a field of Query or Mutation that declares nothing and is not listed as public, for
 *   a listed one that declares something or is not there, and for what is no permission
 */
export function declareAccess(schema: GraphQLSchema): void {
  const authorized = authorizedFields();
  const unused = new Set(PUBLIC_OPERATIONS);
  for (const [name, field, isRoot] of fieldsOf(schema)) {
    const permissions = authorized.get(name);
    const isPublic = unused.delete(name);
    if (isPublic === (permissions !== undefined) && (isRoot || isPublic)) {
      throw new TypeError(
        `${name} must say who may use it: either by @Authorized(), or by its place in PUBLIC_OPERATIONS of authorization.ts.`,
      );
    }
    if (isPublic) declare(field, 'everybody', 'Needs no sign-in.');
    if (!permissions) continue;
    const unknown = permissions.find((permission) => !isPermission(permission));
    if (unknown) throw new TypeError(`${name} asks for ${unknown}, which is no permission.`);
    const needs = permissions.map((permission) => `\`${permission}\``).join(' and ');
    declare(field, { permissions: permissions as Permission[] }, needs && `Needs ${needs}.`);
  }
  if (unused.size > 0) {
    throw new TypeError(`PUBLIC_OPERATIONS lists what is not there: ${[...unused].join(', ')}.`);
  }
  declareShoppers(schema, authorized);
  declareKeys(schema, authorized);
}

/** @throws TypeError for what is not there, or asks for a permission by itself */
function declareKeys(schema: GraphQLSchema, authorized: Map<string, string[]>): void {
  const fields = new Map(fieldsOf(schema).map(([name, field]) => [name, field]));
  for (const [name, permission] of KEY_MUTATIONS) {
    const field = fields.get(name);
    if (!field || authorized.get(name)?.length !== 0) {
      throw new TypeError(
        `KEY_MUTATIONS of authorization.ts lists ${name}, which is no mutation that asks for no permission.`,
      );
    }
    if (permission) addWords(field, `An API key needs \`${permission}\` for it.`);
  }
}

/** @throws TypeError for what shoppers are said to be able to use, and could not */
function declareShoppers(schema: GraphQLSchema, authorized: Map<string, string[]>): void {
  const fields = new Map(fieldsOf(schema).map(([name, field]) => [name, field]));
  for (const [name, rule] of SHOPPER_OPERATIONS) {
    const field = fields.get(name);
    const fault = faultOfRule(name, rule, authorized.get(name));
    if (!field || fault) {
      throw new TypeError(
        `SHOPPER_OPERATIONS of authorization.ts lists ${name}, which ${field ? fault : 'is not there'}.`,
      );
    }
    field.extensions = { ...field.extensions, shoppers: rule };
  }
}

/** @param permissions that it asks for; undefined where it declares nothing */
function faultOfRule(
  name: string,
  { asOrganization }: ShopperRule,
  permissions: string[] | undefined,
): string | undefined {
  if (!permissions) return 'is for everybody anyway, or says nothing by @Authorized()';
  if (permissions.length > 0) return `needs ${permissions.join(' and ')}, which no shopper has`;
  return asOrganization && !name.startsWith('Mutation.')
    ? 'is no mutation, and only the unit of one can act as the organization'
    : undefined;
}

/** Every field that says who may use it: all of Query and Mutation, and those of other types that do. */
export function accessRules(schema: GraphQLSchema): AccessRule[] {
  return fieldsOf(schema).flatMap(([field, { extensions }]) => {
    const access = extensions.access as Access | undefined;
    const shoppers = (extensions.shoppers as ShopperRule | undefined) ?? null;
    return access ? [{ field, access, shoppers }] : [];
  });
}

function declare(field: GraphQLField<unknown, unknown>, access: Access, words: string): void {
  field.extensions = { ...field.extensions, access };
  if (words) addWords(field, words);
}

function addWords(field: GraphQLField<unknown, unknown>, words: string): void {
  field.description = `${field.description ?? ''} ${words}`.trim();
}

function fieldsOf(schema: GraphQLSchema): [string, GraphQLField<unknown, unknown>, boolean][] {
  const roots = [schema.getQueryType(), schema.getMutationType()];
  return Object.values(schema.getTypeMap())
    .filter((type) => isObjectType(type) && !type.name.startsWith('__'))
    .filter(isObjectType)
    .flatMap((type) =>
      Object.values(type.getFields()).map((field): [string, typeof field, boolean] => [
        `${type.name}.${field.name}`,
        field,
        roots.includes(type),
      ]),
    );
}
