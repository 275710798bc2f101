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
 * What graphql-js would have made of it. A compiled query makes errors of its own class, which know their
 * place in the document but not the node there.
 */
export function asInterpreted(error: GraphQLError, document: DocumentNode): GraphQLError {
  const { message, locations = [], path, originalError } = error;
  const nodes = locations.flatMap((location) => fieldAt(document, location) ?? []);
  return new GraphQLError(message, {
    nodes,
    path: path ?? null,
    originalError: asError(originalError),
  });
}

function fieldAt(document: DocumentNode, { line, column }: SourceLocation): FieldNode | undefined {
  let found: FieldNode | undefined;
  visit(document, {
    Field(node) {
      const start = node.loc?.startToken;
      if (start?.line === line && start.column === column) found = node;
    },
  });
  return found;
}

/** graphql-js packs what is thrown without being an Error in this way. */
function asError(thrown: unknown): Error {
  if (thrown instanceof Error) return thrown;
  return Object.assign(new Error('Something else than an Error was thrown.'), {
    thrownValue: thrown,
  });
}
