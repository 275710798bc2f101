import type { DocumentNode, OperationDefinitionNode } from 'graphql';

/** A document that is parsed and valid, and the one operation in it that shall run. */
export interface ResolvedOperation {
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
}

export interface Operation extends ResolvedOperation {
  /** As the client sent them, not coerced. */
  readonly variables: Readonly<Record<string, unknown>> | undefined;
}
