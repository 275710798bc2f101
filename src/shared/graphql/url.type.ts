import { GraphQLError, GraphQLScalarType, Kind } from 'graphql';

/** As the columns have it. */
const LONGEST = 500;

/**
 * An absolute http or https URL, kept to the letter: an issuer is compared as it is written, with the slash
 * at its end or without.
 */
export const WebUrl = new GraphQLScalarType({
  name: 'URL',
  description: `An absolute URL of at most ${LONGEST} characters, with \`https:\` or \`http:\`.`,
  specifiedByURL: 'https://url.spec.whatwg.org/',
  serialize: String,
  parseValue: parsed,
  parseLiteral: (node) => parsed(node.kind === Kind.STRING ? node.value : undefined),
});

function parsed(value: unknown): string {
  const isUrl =
    typeof value === 'string' &&
    value.length <= LONGEST &&
    /^https?:\/\/[\x21-\x7e]+$/.test(value) &&
    URL.canParse(value);
  if (!isUrl) throw new GraphQLError('Expected a URL like https://accounts.example.com.');
  return value;
}
