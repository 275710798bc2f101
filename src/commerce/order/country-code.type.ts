import { GraphQLError, GraphQLScalarType, Kind } from 'graphql';
import { GraphQLCountryCode } from 'graphql-scalars';

/** Whether `code` is the code of a country, in capitals. */
export function isCountryCode(code: unknown): code is string {
  // The library's own list, which takes small letters as well: each country has one spelling here.
  if (typeof code !== 'string' || !/^[A-Z]{2}$/.test(code)) return false;
  try {
    return GraphQLCountryCode.parseValue(code) === code;
  } catch {
    return false;
  }
}

export const CountryCode = new GraphQLScalarType({
  name: 'CountryCode',
  description: 'A country by its code of ISO 3166-1 (alpha-2), in capitals: `DE`, `JP`.',
  specifiedByURL: 'https://www.iso.org/iso-3166-country-codes.html',
  serialize: String,
  parseValue: parsed,
  parseLiteral: (node) => parsed(node.kind === Kind.STRING ? node.value : undefined),
});

function parsed(value: unknown): string {
  if (isCountryCode(value)) return value;
  throw new GraphQLError('Expected a country of ISO 3166-1 alpha-2, such as "DE".');
}
