import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import {
  buildSchema,
  findBreakingChanges,
  type GraphQLNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
  isSpecifiedScalarType,
} from 'graphql';
import { printApiSchema } from '../src/app.js';

const committed = readFileSync('schema.graphql', 'utf8');
const current = await printApiSchema();

describe('schema.graphql', () => {
  it('breaks no client that was built against it', () => {
    const changes = findBreakingChanges(buildSchema(committed), buildSchema(current));
    expect(changes.map(({ description }) => description)).toEqual([]);
  });

  it('says what the code says; after a change: npm run schema', () => {
    expect(current).toBe(committed);
  });
});

/** Everything of a type that a person meets in Sandbox, by its path, with its description. */
function descriptionsOf(type: GraphQLNamedType): [string, string | null | undefined][] {
  const entries: [string, string | null | undefined][] = [[type.name, type.description]];
  if (isObjectType(type) || isInterfaceType(type) || isInputObjectType(type)) {
    for (const field of Object.values(type.getFields())) {
      entries.push([`${type.name}.${field.name}`, field.description]);
      for (const arg of 'args' in field ? field.args : []) {
        entries.push([`${type.name}.${field.name}(${arg.name})`, arg.description]);
      }
    }
  }
  if (isEnumType(type)) {
    for (const value of type.getValues()) {
      entries.push([`${type.name}.${value.name}`, value.description]);
    }
  }
  return entries;
}

describe('the schema', () => {
  it('describes every type, field, argument and enum value', () => {
    const types = Object.values(buildSchema(current).getTypeMap()).filter(
      (type) => !isIntrospectionType(type) && !isSpecifiedScalarType(type),
    );
    const undescribed = types
      .flatMap(descriptionsOf)
      .filter(([path, description]) => !description && path !== 'Query' && path !== 'Mutation')
      .map(([path]) => path);
    expect(undescribed).toEqual([]);
  });
});
