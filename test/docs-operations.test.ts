import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { buildSchema, Kind, parse, validate } from 'graphql';

const schema = buildSchema(readFileSync('schema.graphql', 'utf8'));

/** What they do is done with an entity that is made up. */
const MADE_UP = ['docs/add-an-entity.md'];

const PAGES = ['README.md', ...markdownBelow('docs')].filter((page) => !MADE_UP.includes(page));

interface Snippet {
  /** `docs/commerce.md:33`, where its block begins. */
  place: string;
  text: string;
}

function markdownBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `${folder}/${name}`)
    .sort();
}

/** The code blocks of a page in any of these languages. */
function blocksOf(page: string, languages: readonly string[]): Snippet[] {
  const text = readFileSync(page, 'utf8');
  return [...text.matchAll(/^ *```(\w+)\n(.*?)^ *```$/gms)]
    .filter(([, language]) => languages.includes(language as string))
    .map(({ 2: block, index }) => ({
      place: `${page}:${text.slice(0, index).split('\n').length}`,
      text: block as string,
    }));
}

/** The operations that a program sends: whatever text in quotes begins like one. */
function operationsIn({ place, text }: Snippet): Snippet[] {
  const quoted = /'(\s*(?:\{|query\b|mutation\b)[^'\n]*)'|`(\s*(?:\{|query\b|mutation\b)[^`]*)`/g;
  return [...text.matchAll(quoted)].map(([, single, template]) => ({
    place,
    text: (single ?? template) as string,
  }));
}

/** What is wrong with a snippet, by the schema; of one that shows types, whether it can be read. */
function faultsOf({ place, text }: Snippet): string[] {
  try {
    const document = parse(text);
    const isExecutable = document.definitions.some(
      ({ kind }) => kind === Kind.OPERATION_DEFINITION || kind === Kind.FRAGMENT_DEFINITION,
    );
    if (!isExecutable) return [];
    return validate(schema, document).map(({ message }) => `${place}: ${message}`);
  } catch (error) {
    return [`${place}: ${error}`];
  }
}

describe('what the documentation sends to the API', () => {
  it.each<[string, number, () => Snippet[]]>([
    ['in GraphQL', 10, () => PAGES.flatMap((page) => blocksOf(page, ['graphql']))],
    [
      'in programs',
      8,
      () => PAGES.flatMap((page) => blocksOf(page, ['ts', 'tsx', 'js'])).flatMap(operationsIn),
    ],
  ])('can be sent as it stands there: %s', (_language, atLeast, find) => {
    const snippets = find();
    expect(snippets.length).toBeGreaterThanOrEqual(atLeast);
    expect(snippets.flatMap(faultsOf)).toEqual([]);
  });
});
