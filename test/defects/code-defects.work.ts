// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the changes are texts of sources.
import type { CodeDefect } from './defect.js';

const CONTEXT = 'src/server/operation-context.ts';
const BATCH = 'src/shared/batch.ts';
const SEARCH = 'src/work/search/search.store.ts';
const PROJECTS = 'src/work/project/project.service.ts';

/** What is read and kept for a request. */
export const WORK_DEFECTS: readonly CodeDefect[] = [
  {
    name: 'loaders are shared between requests',
    changes: [
      {
        file: CONTEXT,
        from: 'readonly #members = new Map<MemberClass<unknown>, unknown>();',
        to: 'readonly #members = MEMBERS;',
      },
      {
        file: CONTEXT,
        from: '/** The context of one GraphQL operation. */',
        to: 'const MEMBERS = new Map<MemberClass<unknown>, unknown>();',
      },
    ],
    tryFirst: { files: ['test/work-isolation.test.ts'] },
  },
  {
    name: 'rows that were loaded are remembered by their id, for whoever asks next',
    changes: [
      {
        file: BATCH,
        from: 'return new DataLoader(async (ids) => {',
        to: 'return new DataLoader<string, Row | null>(async (ids) => {',
      },
      {
        file: BATCH,
        from: 'return ids.map((id) => rows.get(id) ?? null);\n  });',
        to: 'return ids.map((id) => rows.get(id) ?? null);\n  }, { cacheMap: REMEMBERED as Map<string, Promise<Row | null>> });',
      },
      {
        file: BATCH,
        from: '/** Loads rows by id,',
        to: 'const REMEMBERED: Map<string, unknown> = new Map();\n\n/** Loads rows by id,',
      },
    ],
    tryFirst: { files: ['test/isolation-requests.test.ts'], tests: 'has just asked' },
  },
  {
    name: 'a loader serves what it read before a sibling wrote',
    changes: [{ file: CONTEXT, from: 'this.#members.clear();', to: '' }],
    tryFirst: {
      files: ['test/server-transactions.test.ts'],
      tests: 'loaded before a sibling wrote',
    },
  },
  {
    name: 'an id of another organization is forbidden instead of not found',
    changes: [
      {
        file: PROJECTS,
        from: 'if (!project) throw notFound(id);\n    return project;',
        to: "if (!project) throw SEEN.has(id) ? forbidden('projects:read') : notFound(id);\n    SEEN.add(id);\n    return project;",
      },
      {
        file: PROJECTS,
        from: "import { notFound } from '../../shared/errors.js';",
        to: "import { forbidden, notFound } from '../../shared/errors.js';\n\nconst SEEN = new Set<string>();",
      },
    ],
    tryFirst: { files: ['test/isolation-requests.test.ts'], tests: 'has just asked' },
  },
  {
    name: 'two statements share one name of a plan',
    pitfall: 19,
    changes: [
      {
        file: 'src/work/project/project.store.ts',
        from: "'projects.task-counts'",
        to: "'projects.by-ids'",
      },
    ],
    tryFirst: { files: ['test/work-isolation.test.ts'] },
  },
  {
    name: 'a search text becomes part of the statement as it is',
    pitfall: 29,
    changes: [
      { file: SEARCH, from: '  text: Value<string>;', to: '  text: string;' },
      { file: SEARCH, from: 'text: value(text) };', to: 'text };' },
      {
        file: SEARCH,
        from: "websearch_to_tsquery('english', ${text}))`",
        to: "websearch_to_tsquery('english', '${sql.raw(text)}'))`",
      },
    ],
    tryFirst: { files: ['test/isolation-pitfalls.test.ts'], tests: 'pitfall 20' },
  },
  {
    name: 'a list keeps the values of the request that it was built for',
    pitfall: 19,
    changes: [
      {
        file: 'src/shared/statements/shaped-statement.ts',
        from: 'each instanceof Value ? values.indexOf(each) : { constant: each },',
        to: '({ constant: each instanceof Value ? Value.contentOf(each) : each }),',
      },
    ],
    tryFirst: { files: ['test/work-isolation.test.ts'] },
  },
];
