import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from '@jest/globals';

/**
 * Who may import whom below src/, and why. `x` means x/index.ts; `x/*` any file of x. Files of src/
 * itself stand under their own name.
 */
const RULES: Record<string, { may: string[]; because: string }> = {
  shared: {
    may: [],
    because: 'shared knows no product words, so that everything may stand on it.',
  },
  config: { may: ['shared/*'], because: 'settings are read before anything else exists.' },
  tenancy: {
    may: ['shared/*', 'config/*'],
    because: 'the isolation boundary must be readable without any feature.',
  },
  dispatch: {
    may: ['shared/*', 'tenancy'],
    because: 'it carries out what others have put down, and knows none of it.',
  },
  mail: {
    may: ['shared/*', 'config/*', 'tenancy', 'dispatch'],
    because: 'mail carries what others have to say, and knows none of them.',
  },
  identity: {
    may: ['shared/*', 'tenancy', 'mail'],
    because: 'a feature stands on the core alone.',
  },
  work: {
    may: ['shared/*', 'tenancy', 'mail', 'identity'],
    because: 'features know identity and the core, not each other.',
  },
  commerce: {
    may: ['shared/*', 'tenancy', 'dispatch', 'mail', 'identity'],
    because: 'features know identity and the core, not each other.',
  },
  server: {
    may: ['shared/*', 'config/*', 'tenancy', 'identity', 'work', 'commerce'],
    because: 'the server serves any schema; it enters a feature by its door and never a store.',
  },
  'embedded-postgres': {
    may: ['shared/*', 'tenancy/admin-connection.ts'],
    because: 'a database server for development knows nothing of what is stored in it.',
  },
  migrations: {
    may: ['shared/*', 'tenancy', 'tenancy/admin-connection.ts'],
    because: 'migrations run before any feature could.',
  },
  seed: {
    may: ['shared/*', 'tenancy', 'tenancy/admin-connection.ts', 'identity', 'commerce'],
    because: 'demo data goes through the tenant boundary like all data.',
  },
  'schema.ts': {
    may: ['shared/*', 'identity'],
    because: 'it turns any list of features into a schema.',
  },
  'app.ts': {
    may: [
      'schema.ts',
      'shared/*',
      'config/*',
      'tenancy',
      'mail',
      'identity',
      'work',
      'commerce',
      'server',
    ],
    because: 'it is the one place where everything is put together.',
  },
  cli: {
    may: [
      'app.ts',
      'config/*',
      'shared/*',
      'tenancy',
      'identity',
      'work',
      'commerce',
      'embedded-postgres',
      'migrations',
      'seed',
      'start',
    ],
    because: 'commands are a way in, nothing stands on them.',
  },
  start: {
    may: [
      'app.ts',
      'config/*',
      'shared/*',
      'tenancy',
      'identity',
      'embedded-postgres',
      'migrations',
      'seed',
    ],
    because: 'what npm start does before and around serving.',
  },
  'main.ts': {
    may: [
      'app.ts',
      'config/*',
      'shared/*',
      'tenancy',
      'identity',
      'embedded-postgres',
      'migrations',
      'seed',
      'start',
    ],
    because: 'it starts the process.',
  },
};

const SRC = resolve('src');
const GENERATED = join(SRC, 'tenancy', 'generated');

interface Import {
  from: string;
  to: string;
  typeOnly: boolean;
}

function sourceFiles(): string[] {
  return readdirSync(SRC, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .filter((entry) => !entry.name.endsWith('.test.ts') && !entry.parentPath.startsWith(GENERATED))
    .map((entry) => join(entry.parentPath, entry.name));
}

const IMPORT =
  /(?:^|\n)(?:import|export)\s+(type\s)?[^;'"]*?from\s+'(\.[^']+)'|import\('(\.[^']+)'\)|(?:^|\n)import\s+'(\.[^']+)'/g;

function importsOf(file: string): Import[] {
  const text = readFileSync(file, 'utf8');
  return [...text.matchAll(IMPORT)].map(([, typeOnly, named, dynamic, bare]) => ({
    from: relative(SRC, file),
    to: relative(SRC, resolve(dirname(file), (named ?? dynamic ?? bare) as string)).replace(
      /\.js$/,
      '.ts',
    ),
    typeOnly: typeOnly !== undefined,
  }));
}

const roomOf = (file: string) => file.split('/')[0] as string;

function isAllowed({ from, to }: Import): boolean {
  const room = roomOf(to);
  if (room === roomOf(from)) return true;
  const { may } = RULES[roomOf(from)] ?? { may: [] };
  return may.some(
    (target) =>
      target === to || target === `${room}/*` || (target === room && to === `${room}/index.ts`),
  );
}

/** The first circle of imports, as its files; null when there is none. */
function findCycle(imports: Import[]): string[] | null {
  const next = new Map<string, string[]>();
  for (const { from, to } of imports) next.set(from, [...(next.get(from) ?? []), to]);
  const done = new Set<string>();
  const walk = (file: string, path: string[]): string[] | null => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (done.has(file)) return null;
    done.add(file);
    for (const target of next.get(file) ?? []) {
      const cycle = walk(target, [...path, file]);
      if (cycle) return cycle;
    }
    return null;
  };
  for (const file of next.keys()) {
    const cycle = walk(file, []);
    if (cycle) return cycle;
  }
  return null;
}

describe('the structure of src/', () => {
  const files = sourceFiles();
  const imports = files.flatMap(importsOf);

  it('has a rule for every folder', () => {
    const rooms = new Set(files.map((file) => roomOf(relative(SRC, file))));
    expect([...rooms].filter((room) => !(room in RULES))).toEqual([]);
  });

  it('is entered only where the table allows', () => {
    const faults = imports
      .filter((one) => !isAllowed(one))
      .map(({ from, to }) => `${from} imports ${to}: ${RULES[roomOf(from)]?.because}`);
    expect(faults).toEqual([]);
  });

  it('has no circle of imports', () => {
    expect(imports.length).toBeGreaterThan(100);
    expect(findCycle(imports.filter(({ typeOnly }) => !typeOnly))).toBeNull();
  });

  it('makes connections in src/tenancy alone', () => {
    const makers = files
      .map((file) => ({ file: relative(SRC, file), text: readFileSync(file, 'utf8') }))
      .filter(({ text }) =>
        /\bnew\s+(pg\.)?(Pool|Client|PrismaClient)\b|extends\s+pg\.Pool/.test(text),
      )
      .map(({ file }) => roomOf(file));
    expect([...new Set(makers)]).toEqual(['tenancy']);
  });

  it('reads process.env in src/config alone', () => {
    const readers = files.filter((file) => /process\.env\b/.test(readFileSync(file, 'utf8')));
    expect(
      readers.map((file) => roomOf(relative(SRC, file))).filter((room) => room !== 'config'),
    ).toEqual([]);
  });
});
