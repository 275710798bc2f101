import {
  type GraphQLField,
  getNullableType,
  isEnumType,
  isInputObjectType,
  isRequiredArgument,
} from 'graphql';

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
 * Every order that a list can be asked for, as optional arguments: each argument that is an object with
 * a choice in it, with each of the choices. The first is the list as it comes.
 */
export function ordersOf({ args }: GraphQLField<unknown, unknown>): Record<string, unknown>[] {
  const orders = args.flatMap((argument) => {
    const type = getNullableType(argument.type);
    if (isRequiredArgument(argument) || !isInputObjectType(type)) return [];
    return Object.values(type.getFields()).flatMap((field) => {
      const choice = getNullableType(field.type);
      const others = Object.values(type.getFields()).filter((other) => other !== field);
      const standsAlone = others.every(({ type: other, defaultValue }) => {
        return defaultValue !== undefined || getNullableType(other) === other;
      });
      if (!isEnumType(choice) || field.type === choice || !standsAlone) return [];
      return choice.getValues().map(({ name }) => ({ [argument.name]: { [field.name]: name } }));
    });
  });
  return [{}, ...orders];
}
