/** Of TypeGraphQL's metadata, what its decorators have said of authorization. It exports no way to it. */
interface Metadata {
  queries: Operation[];
  mutations: Operation[];
  objectTypes: { name: string; fields?: { schemaName: string; roles?: unknown[] }[] }[];
}

interface Operation {
  schemaName: string;
  /** Arguments of `@Authorized()`; undefined without it. */
  roles?: unknown[];
}

/**
 * What `@Authorized()` says of every field that has it: its arguments, by `Type.field`. Known once a schema
 * was built.
 */
export function authorizedFields(): Map<string, string[]> {
  const { TypeGraphQLMetadataStorage: metadata } = globalThis as typeof globalThis & {
    TypeGraphQLMetadataStorage: Metadata;
  };
  const owners = [
    { name: 'Query', fields: metadata.queries },
    { name: 'Mutation', fields: metadata.mutations },
    ...metadata.objectTypes,
  ];
  const found = new Map<string, string[]>();
  for (const { name, fields = [] } of owners) {
    for (const { schemaName, roles } of fields) {
      if (roles) found.set(`${name}.${schemaName}`, roles.map(String));
    }
  }
  return found;
}
