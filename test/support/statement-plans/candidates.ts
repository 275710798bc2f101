import { isReference, textMeaning } from '../attacks/text-places.js';
import { type Driving, valueFor } from './api-driver.js';

/** Something to try in a place. */
export interface Candidate {
  /** `deleted Project`, `a name that is there` */
  name: string;
  /** A fresh one each time, where rows are used up. */
  value(): unknown;
}

/** What can stand in a place, as far as its scalar and name tell. */
export function candidatesFor(
  { rows, names, tokens }: Pick<Driving, 'rows' | 'names' | 'tokens'>,
  scalar: string,
  path: string,
  field: string,
): Candidate[] {
  if (scalar === 'ID') {
    return rows.flatMap(({ typeName, states, next }) =>
      states.map((state) => ({ name: `${state} ${typeName}`, value: () => next(state) })),
    );
  }
  const meaning = textMeaning(scalar, path, field);
  if (meaning === 'token') {
    const ofField = tokens[field] ?? [];
    const value = typeof ofField === 'function' ? ofField : () => ofField.shift() ?? 'none';
    return [{ name: 'a token that is good', value }];
  }
  if (isReference(meaning)) {
    const [known] = names(meaning);
    return [
      { name: 'a name that is there', value: () => known },
      { name: 'a name that is free', value: () => meaning.unknown() },
    ];
  }
  if (scalar === 'Boolean') return [true, false].map((value) => candidate(value));
  return [candidate(valueFor(scalar, path))];
}

function candidate(value: unknown): Candidate {
  return { name: String(value), value: () => value };
}
