import type { ClientBase } from 'pg';
import pg from 'pg';
import type { ArgumentPlace } from '../argument-places.js';
import { routesOf } from '../attacks/schema-routes.js';
import type { TenantTable } from '../tenant-tables.js';
import { byField, type Driving, placesBy, send } from './api-driver.js';
import { type Candidate, candidatesFor } from './candidates.js';

const quoted = pg.escapeIdentifier;
const MOST_TRIES = 100;
const ROUNDS = 12;
const LOST_RACE = 'rowhouse_test_lost_race';

/** What has worked: the place, and a candidate for each path that needs a value. */
interface Recipe {
  place: ArgumentPlace;
  candidates: Map<string, Candidate>;
}

/**
 * Sends every mutation with each of its arguments, on rows in each state that rows can be in, until it
 * succeeds; then once more while every update finds that somebody else was faster.
 *
 * @param client of a superuser
 */
export async function seeMutations(
  driving: Driving,
  client: ClientBase,
  tables: readonly TenantTable[],
): Promise<void> {
  const places = placesBy(driving, routesOf(driving.schema)).filter(({ isMutation }) => isMutation);
  const recipes: Recipe[] = [];
  for (const [field, ofField] of byField(places)) {
    if (!driving.wants(field)) continue;
    const found = await seeMutation(driving, ofField);
    if (found.length === 0) {
      driving.faults.push(`${field}: has never succeeded, so not all of its statements were seen.`);
    }
    recipes.push(...found.slice(0, 1));
  }
  await whileRacesAreLost(client, tables, async () => {
    for (const recipe of recipes) {
      const { statements } = await cook(driving, recipe);
      const { field } = recipe.place;
      driving.sightings.push({ subject: field, detail: 'when somebody is faster', statements });
    }
  });
}

async function seeMutation(driving: Driving, places: ArgumentPlace[]): Promise<Recipe[]> {
  const recipes: Recipe[] = [];
  for (const place of places) {
    if (['list', 'object', 'enum'].includes(place.kind)) continue;
    const needed = [
      { path: place.path, scalar: place.kind },
      ...place.operation(null).required.filter(({ path }) => path !== place.path),
    ];
    const choices = needed.map(({ path, scalar }) => ({
      path,
      candidates: likeliestFirst(candidatesFor(driving, scalar, path, place.field), path, recipes),
    }));
    // Not every row in the right state will do: the project of a deleted task may be deleted as well.
    const rounds = recipes.length === 0 ? ROUNDS : 1;
    let tries = 0;
    for (const candidates of repeated(rounds, () => combinations(choices))) {
      if (tries++ === MOST_TRIES) break;
      const recipe = { place, candidates };
      const { answer, statements } = await cook(driving, recipe);
      const detail = `${place.path} = ${candidates.get(place.path)?.name}`;
      driving.sightings.push({ subject: place.field, detail, statements });
      if (answer.errors) continue;
      if (statements.length === 0) driving.faults.push(`${place.field}: no statement was seen.`);
      recipes.push(recipe);
      break;
    }
  }
  return recipes;
}

async function cook(driving: Driving, { place, candidates }: Recipe) {
  await driving.arrange[place.field]?.();
  const values = new Map([...candidates].map(([path, { value }]) => [path, value()]));
  return send(
    driving,
    place.operation(values.get(place.path), { required: Object.fromEntries(values) }),
  );
}

/** What has worked for the same path of the same mutation comes first. */
function likeliestFirst(all: Candidate[], path: string, recipes: readonly Recipe[]): Candidate[] {
  const worked = new Set(recipes.map(({ candidates }) => candidates.get(path)?.name));
  return [...all].sort((a, b) => Number(worked.has(b.name)) - Number(worked.has(a.name)));
}

function* repeated<T>(times: number, make: () => Iterable<T>): Generator<T> {
  for (let time = 0; time < times; time++) yield* make();
}

function* combinations(
  choices: { path: string; candidates: Candidate[] }[],
): Generator<Map<string, Candidate>> {
  const [first, ...rest] = choices;
  if (!first) {
    yield new Map();
    return;
  }
  for (const candidate of first.candidates) {
    for (const others of combinations(rest)) yield new Map([[first.path, candidate], ...others]);
  }
}

/** A version that has just moved on looks to an update like a row that it does not find. */
async function whileRacesAreLost(
  client: ClientBase,
  tables: readonly TenantTable[],
  work: () => Promise<void>,
): Promise<void> {
  await client.query(
    `CREATE FUNCTION public.${LOST_RACE}() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'`,
  );
  for (const { name } of tables) {
    await client.query(
      `CREATE TRIGGER ${LOST_RACE} BEFORE UPDATE ON ${quoted(name)} FOR EACH ROW EXECUTE FUNCTION public.${LOST_RACE}()`,
    );
  }
  try {
    await work();
  } finally {
    await client.query(`DROP FUNCTION public.${LOST_RACE}() CASCADE`);
  }
}
