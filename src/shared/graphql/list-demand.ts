import {
  type FieldNode,
  type GraphQLResolveInfo,
  Kind,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';

/** What an operation asks of a connection. */
export interface ListDemand {
  /** Names of the fields of its nodes. */
  readonly fields: ReadonlySet<string>;
  /** Whether it asks for any cursor. */
  readonly cursors: boolean;
}

type Fragments = GraphQLResolveInfo['fragments'];

/** By the field of a parsed document, which Apollo Server keeps by its text. */
const known = new WeakMap<FieldNode, ListDemand>();

/**
 * What is asked of the connection that a resolver makes, so that its store can leave out what nobody will see.
 * Rather too much than too little: a field counts whether or not `@skip`, or the type of a fragment,
 * leaves it out in the end.
 */
export function listDemand({ fieldNodes, fragments }: GraphQLResolveInfo): ListDemand {
  const [only] = fieldNodes;
  if (!only || fieldNodes.length > 1) return readDemand(fieldNodes, fragments);
  let demand = known.get(only);
  if (!demand) {
    demand = readDemand(fieldNodes, fragments);
    known.set(only, demand);
  }
  return demand;
}

/** Of the columns that a list reads on demand, those that it needs. */
export function demanded<Column extends string>(
  columns: readonly Column[],
  { fields, cursors }: ListDemand,
  orderedBy: string,
): Column[] {
  return columns.filter((column) => fields.has(column) || (cursors && column === orderedBy));
}

function readDemand(fieldNodes: readonly FieldNode[], fragments: Fragments): ListDemand {
  const fields = new Set<string>();
  let cursors = false;
  const readNode = ({ name }: FieldNode) => fields.add(name.value);
  const readPageInfo = ({ name }: FieldNode) => {
    if (name.value.endsWith('Cursor')) cursors = true;
  };
  const readEdge = (field: FieldNode) => {
    if (field.name.value === 'cursor') cursors = true;
    if (field.name.value === 'node') walk(field.selectionSet, fragments, readNode);
  };
  for (const { selectionSet } of fieldNodes) {
    walk(selectionSet, fragments, (field) => {
      if (field.name.value === 'nodes') walk(field.selectionSet, fragments, readNode);
      if (field.name.value === 'edges') walk(field.selectionSet, fragments, readEdge);
      if (field.name.value === 'pageInfo') walk(field.selectionSet, fragments, readPageInfo);
    });
  }
  return { fields, cursors };
}

/** Visits the fields of a selection, those of its fragments included, each fragment once. */
function walk(
  selectionSet: SelectionSetNode | undefined,
  fragments: Fragments,
  visit: (field: FieldNode) => void,
): void {
  const seen = new Set<string>();
  const visitAll = (selections: readonly SelectionNode[] = []): void => {
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) visit(selection);
      else if (selection.kind === Kind.INLINE_FRAGMENT) visitAll(selection.selectionSet.selections);
      else if (!seen.has(selection.name.value)) {
        seen.add(selection.name.value);
        visitAll(fragments[selection.name.value]?.selectionSet.selections);
      }
    }
  };
  visitAll(selectionSet?.selections);
}
