import type { Operation, OperationKind } from './operation.js';

/** A root field of a mutation, before it has an alias. */
export interface Field {
  name: string;
  input: object;
  id: string | null;
  tag: string | null;
  selection: string;
}

/** Every row that is written gets a number of its own. */
let lastTag = 0;

/** A text that nothing else writes. */
export function newTag(marker: string): string {
  lastTag += 1;
  return `${marker} #${lastTag}`;
}

export function mutationOf(
  fields: readonly Field[],
  kind: OperationKind,
  as: Operation['as'] = 'owner',
): Operation {
  const aliased = fields.map((field, index) => ({ ...field, alias: `field${index}` }));
  const parameters = aliased.map(({ alias, name }) => `$${alias}: ${inputType(name)}!`);
  const selections = aliased.map(
    ({ alias, name, selection }) => `${alias}: ${name}(input: $${alias}) { ${selection} }`,
  );
  if (selections.some((selection) => selection.includes('$staff'))) {
    parameters.push('$staff: Boolean!');
  }
  const inputs = Object.fromEntries(aliased.map(({ alias, input }) => [alias, input]));
  return {
    kind,
    query: `mutation (${parameters.join(', ')}) { ${selections.join(' ')} }`,
    variables: { ...inputs, staff: typeof as === 'string' },
    as,
    writes: aliased.map(({ alias, id, tag }) => ({ alias, id, tag })),
  };
}

export function queryOf(
  document: string,
  variables: Record<string, unknown> = {},
  as: Operation['as'] = 'owner',
): Operation {
  const staff = typeof as === 'string';
  return { kind: 'list', query: document, variables: { ...variables, staff }, as, writes: [] };
}

function inputType(field: string): string {
  switch (field) {
    case 'completeTask':
    case 'reopenTask':
      return 'TaskIdInput';
    case 'deleteTask':
    case 'restoreTask':
      return 'TaskVersionInput';
    case 'deleteProject':
    case 'restoreProject':
      return 'ProjectVersionInput';
    case 'deleteProduct':
    case 'restoreProduct':
      return 'ProductVersionInput';
    case 'markOrderPaid':
    case 'shipOrder':
    case 'deliverOrder':
    case 'cancelOrder':
      return 'ChangeOrderInput';
    default:
      return `${field.charAt(0).toUpperCase()}${field.slice(1)}Input`;
  }
}
