import * as currencies from 'dinero.js/currencies';
import { GraphQLError, GraphQLScalarType, Kind } from 'graphql';

type Currency = (typeof currencies)[keyof typeof currencies];

/** By their codes. Those two of which five make one (MGA, MRU) have no decimal notation, and are not taken. */
const CURRENCIES: ReadonlyMap<string, Currency> = new Map(
  Object.values(currencies)
    .filter(({ base }) => base === 10)
    .map((currency) => [currency.code, currency]),
);

/** How a currency is counted. @throws TypeError for a code that is none: what comes from outside was checked */
export function currencyOf(code: string): Currency {
  const currency = CURRENCIES.get(code);
  if (!currency) throw new TypeError(`${code} is no currency`);
  return currency;
}

/** Whether `code` is one that prices can be in. */
export function isCurrency(code: unknown): code is string {
  return typeof code === 'string' && CURRENCIES.has(code);
}

export const CurrencyCode = new GraphQLScalarType({
  name: 'CurrencyCode',
  description: 'A currency by its code of ISO 4217, in capitals: `EUR`, `JPY`.',
  specifiedByURL: 'https://www.iso.org/iso-4217-currency-codes.html',
  serialize: String,
  parseValue: parsed,
  parseLiteral: (node) => parsed(node.kind === Kind.STRING ? node.value : undefined),
});

function parsed(value: unknown): string {
  if (isCurrency(value)) return value;
  throw new GraphQLError('Expected a currency of ISO 4217, such as "EUR".');
}
