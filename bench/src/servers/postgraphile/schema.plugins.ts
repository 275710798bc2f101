import { addPgTableCondition, jsonPgSmartTags } from 'postgraphile/utils';

/** Columns without an index of their own, by which PostGraphile would not filter unasked. */
const FILTERED = { tags: { behavior: '+filterBy' } };

const smartTags = jsonPgSmartTags({
  version: 1,
  config: {
    class: {
      projects: { attribute: { deleted_at: FILTERED } },
      tasks: { attribute: { deleted_at: FILTERED, status: FILTERED } },
      users: { attribute: { password_hash: { tags: { behavior: '-*' } } } },
    },
  },
});

/** `allTasks(condition: { matches: "some words" })`: full-text search is in no generated schema. */
const search = addPgTableCondition(
  { schemaName: 'public', tableName: 'tasks' },
  'matches',
  ({ graphql: { GraphQLString } }) => ({
    description: 'Rows with these words, written as for a web search.',
    type: GraphQLString,
  }),
  (words, { sql, sqlTableAlias }) =>
    sql`${sqlTableAlias}.search @@ websearch_to_tsquery('english', ${sql.value(words as string)})`,
);

/** What the generated schema needs besides the tables. */
export const schemaPlugins: readonly GraphileConfig.Plugin[] = [smartTags, search];
