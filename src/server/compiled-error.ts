import {
  type DocumentNode,
  type FieldNode,
  GraphQLError,
  type SourceLocation,
  visit,
} from 'graphql';

/** Otherwise a variable or an argument does not fit, or a value is null that must not be. */
export function isOfResolver({ originalError }: GraphQLError): boolean {
  return originalError !== undefined;
}

/**
 * What graphql-js would have made of them. A compiled query makes errors of its own class, which know their
 * place in the document but not the node there.
 */
export function asInterpreted(
  errors: readonly GraphQLError[],
  document: DocumentNode,
): GraphQLError[] {
  // Once for all of them: there may be one for each row.
  const fields = fieldsByPlace(document);
  return errors.map(({ message, locations = [], path, originalError }) => {
    const nodes = locations.flatMap((location) => fields.get(placeOf(location)) ?? []);
    return new GraphQLError(message, {
      nodes,
      path: path ?? null,
      originalError: asError(originalError),
    });
  });
}

function fieldsByPlace(document: DocumentNode): ReadonlyMap<string, FieldNode> {
  const fields = new Map<string, FieldNode>();
  visit(document, {
    Field(node) {
      if (node.loc) fields.set(placeOf(node.loc.startToken), node);
    },
  });
  return fields;
}

function placeOf({ line, column }: SourceLocation): string {
  return `${line}:${column}`;
}

/** graphql-js packs what is thrown without being an Error in this way. */
function asError(thrown: unknown): Error {
  if (thrown instanceof Error) return thrown;
  return Object.assign(new Error('Something else than an Error was thrown.'), {
    thrownValue: thrown,
  });
}
