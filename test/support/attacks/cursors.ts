import {
  type GraphQLField,
  getNullableType,
  isEnumType,
  isInputObjectType,
  isRequiredInputField,
} from 'graphql';
import { ORDER_NEEDS } from '../order-needs.js';

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

/** Every cursor in the data of an answer to `cursorSelection`. */
export function cursorsIn(data: unknown): string[] {
  const found = new Set<string>();
  const visit = (value: unknown, name: string) => {
    if (typeof value === 'string' && /cursor$/i.test(name)) found.add(value);
    if (typeof value !== 'object' || value === null) return;
    for (const [key, inner] of Object.entries(value)) visit(inner, key);
  };
  visit(data, '');
  return [...found];
}

/**
 * A cursor right beside another: the same value of the ordered column, and the next id, which nothing
 * has. No row lies between the two.
 *
 * @returns null when the cursor is made in a way that this does not know
 */
export function neighbourOf(cursor: string): string | null {
  const text = Buffer.from(cursor, 'base64url').toString();
  const id = [...text.matchAll(UUID)].at(-1);
  if (!id) return null;
  const next = (BigInt(`0x${id[0].replaceAll('-', '')}`) + 1n).toString(16).padStart(32, '0');
  const nextId = next.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  const changed = text.slice(0, id.index) + nextId + text.slice(id.index + id[0].length);
  return Buffer.from(changed).toString('base64url');
}

/**
 * Every order that a list can be asked for, as optional arguments: for each argument that is an object in
 * which nothing has to be said but one choice, each of the choices. The first is the list as it comes.
 */
export function ordersOf({ args }: GraphQLField<unknown, unknown>): Record<string, unknown>[] {
  const orders = args.flatMap(({ name: argument, type }) => {
    const input = getNullableType(type);
    if (!isInputObjectType(input)) return [];
    const [choice, ...others] = Object.values(input.getFields()).filter(isRequiredInputField);
    const values = choice && getNullableType(choice.type);
    if (!isEnumType(values) || others.length > 0) return [];
    return values.getValues().map(({ name }) => ({
      ...ORDER_NEEDS[name],
      [argument]: { [choice?.name ?? '']: name },
    }));
  });
  return [{}, ...orders];
}
