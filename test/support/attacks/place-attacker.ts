import type { GraphQLSchema } from 'graphql';
import type { Person } from '../api.js';
import type { ArgumentPlace, OtherValues, PlaceOperation } from '../argument-places.js';
import { difference } from './answer-reader.js';
import type { Attacker, Outcome } from './attacker.js';
import { cursorsIn, neighbourOf, ordersOf } from './cursors.js';
import { cursorSelection, deepSelection } from './deep-selection.js';
import type { EntityKind } from './entity-kinds.js';
import { COMMON_WORD, newWord } from './made-up-values.js';
import { type Reference, textMeaning } from './text-places.js';

/** What the places of the API are attacked with. */
export interface Arsenal {
  schema: GraphQLSchema;
  places: ArgumentPlace[];
  kinds: EntityKind[];
  attacker: Attacker;
  /** Somebody of the attacked organization, whose lists give its cursors. */
  victim: Person;
  /** The names that a reference can have, on each side. */
  names(reference: Reference): { own: string[]; foreign: string[] };
  /** Words that the texts of one organization alone have. */
  words: { own: string; foreign: string };
}

/** Durations in milliseconds, for what belongs to somebody else and for what nothing has. */
export interface Durations {
  foreign: number[];
  unknown: number[];
}

/** Values of somebody else for one place, and how to send them. */
interface Salvo {
  place: ArgumentPlace;
  /** What to count them as. */
  kind: string;
  foreign: readonly string[];
  /** Looks like one of them, and nothing has it. */
  unknown: string;
  /** The rest of the operation. */
  others: OtherValues;
  /** Puts a value among others; alone when not given. */
  wrap?: (value: string) => unknown;
  /** Whether the statements may tell a foreign value from an unknown one. */
  anyStatements?: boolean;
}

/** Combinations of own values that are tried before a place counts as one that takes none. */
const MOST_TRIES = 300;
/** Names and cursors of one kind are all alike; ids are not, since each row is in another state. */
const ENOUGH_NAMES = 3;
const ENOUGH_CURSORS = 3;

/**
 * All ids, each of a row in another state; a few, in a filter within a filter: it is the same filter that
 * takes all of them one level above.
 */
const ENOUGH_NESTED_IDS = 2;
const mostIds = ({ path }: ArgumentPlace) =>
  path.split('.').filter((step) => !/^\d+$/.test(step)).length > 2
    ? ENOUGH_NESTED_IDS
    : Number.POSITIVE_INFINITY;

/** Whether a place is all that a query is asked by, as the id of `task(id:)` is. */
const isLookup = ({ isMutation, definition, path }: ArgumentPlace) =>
  !isMutation && definition.args.length === 1 && path.split('.')[0] === definition.args[0]?.name;

type Accepts = (outcome: Outcome, unknown: Outcome) => boolean;

const succeeds: Accepts = ({ hasErrors }) => !hasErrors;
const differs: Accepts = ({ comparable }, unknown) => comparable !== unknown.comparable;
const succeedsAndDiffers: Accepts = (outcome, unknown) =>
  succeeds(outcome, unknown) && differs(outcome, unknown);

/**
 * Attacks one place of the API after the other: the same operation with a value of somebody else and
 * with one that nothing has must be answered the same, after the same statements, and change no row of
 * theirs. Before, a value of the caller's own must be taken there: else all answers would be alike for
 * another reason.
 */
export class PlaceAttacker {
  readonly durations: Durations = { foreign: [], unknown: [] };
  readonly #arsenal: Arsenal;
  /** What was sent already, and what came of it: all rows are as they were then. */
  readonly #answered = new Map<string, Outcome>();
  readonly #cursors = new Map<string, string[]>();
  readonly #selections = new Map<ArgumentPlace['definition'], string>();

  constructor(arsenal: Arsenal) {
    this.#arsenal = arsenal;
  }

  /** @param place one that takes an id */
  async attackWithIds(place: ArgumentPlace): Promise<void> {
    const { kinds, attacker } = this.#arsenal;
    const settled = await this.#settleKinds(place);
    if (!settled) {
      attacker.report.breach(`${place.name}: takes no id of any kind that is known.`);
      return;
    }
    let others = this.#firstOthers(place, settled.others);
    for (const kind of kinds) {
      const { unknown } = kind;
      const isTaken = settled.taken.includes(kind);
      if (isTaken) {
        const control = await this.#control(
          place,
          kind.own,
          unknown,
          succeedsAndDiffers,
          settled.others,
        );
        if (control) others = control;
        else this.#reportNoControl(place, `id of ${kind.typeName}`);
      }
      const foreign = isTaken ? kind.foreign.slice(0, mostIds(place)) : kind.foreign.slice(0, 1);
      await this.#attack({ place, kind: 'GraphQL id', foreign, unknown, others });
      const list = isTaken ? this.#listAround(place) : undefined;
      const [own] = kind.own;
      if (!list || !own) continue;
      for (const wrap of [(id: unknown) => [own, id], (id: unknown) => [id, own]]) {
        const [first, last] = [foreign.slice(0, 1), foreign.slice(1).slice(-1)];
        await this.#attack({
          place: list,
          kind: 'GraphQL id',
          foreign: [...first, ...last],
          unknown,
          others,
          wrap,
        });
      }
    }
  }

  /** @param place one that takes the name of something: a slug, an e-mail address */
  async attackWithNames(place: ArgumentPlace, reference: Reference): Promise<void> {
    const { own, foreign } = this.#arsenal.names(reference);
    const latest = own.toReversed().slice(0, ENOUGH_NAMES);
    const unknown = reference.unknown();
    const settled = await this.#settleKinds(place, unknown);
    const others = await this.#control(place, latest, unknown, differs, settled?.others);
    if (!others) this.#reportNoControl(place, 'name');
    await this.#attack({
      place,
      kind: 'GraphQL name',
      foreign: foreign.slice(0, ENOUGH_NAMES),
      unknown,
      others: others ?? this.#firstOthers(place),
      anyStatements: reference.takesOtherStatements !== undefined,
    });
  }

  /** @param place one that takes any text: what only others have written must not make a difference */
  async attackWithWords(place: ArgumentPlace): Promise<void> {
    const { words } = this.#arsenal;
    const unknown = newWord();
    const settled = await this.#settleKinds(place, unknown);
    const own = [COMMON_WORD, words.own];
    const others = await this.#control(place, own, unknown, succeeds, settled?.others);
    if (!others) this.#reportNoControl(place, 'word');
    await this.#attack({
      place,
      kind: 'GraphQL text',
      foreign: [words.foreign],
      unknown,
      others: others ?? this.#firstOthers(place),
    });
  }

  /** @param place one that takes a cursor; it is attacked in every order that its list has */
  async attackWithCursors(place: ArgumentPlace): Promise<void> {
    const { schema, attacker, victim } = this.#arsenal;
    for (const optional of ordersOf(place.definition)) {
      const others = { ...this.#firstOthers(place), optional };
      const listing = place.operation(undefined, {
        ...others,
        selection: cursorSelection(schema, place.definition),
      });
      const [own, foreign] = [
        await this.#cursorsOf(attacker.person, listing),
        await this.#cursorsOf(victim, listing),
      ];
      const everything = await this.#send(place, undefined, [], others);
      let taken = false;
      for (const cursor of own) {
        const outcome = await this.#send(place, cursor, [cursor], others);
        taken = succeedsAndDiffers(outcome, everything);
        if (taken) break;
      }
      const order = JSON.stringify(optional);
      const enough = order === '{}' ? ENOUGH_CURSORS : 1;
      if (!taken) this.#reportNoControl(place, `cursor, in the order ${order},`);
      if (foreign.length === 0) {
        attacker.report.breach(
          `${place.name}: the attacked list has no cursors, in order ${order}.`,
        );
      }
      for (const cursor of foreign.slice(0, enough)) {
        const neighbour = neighbourOf(cursor);
        if (!neighbour) {
          attacker.report.breach(`${place.name}: nobody knows how this cursor is made: ${cursor}`);
          continue;
        }
        await this.#attack({
          place,
          kind: 'GraphQL cursor',
          foreign: [cursor],
          unknown: neighbour,
          others,
        });
      }
    }
  }

  /** What a list hands out to somebody; `after` and `before` share it. */
  async #cursorsOf(person: Person, { query, variables }: PlaceOperation): Promise<string[]> {
    const key = JSON.stringify([person.id, query, variables]);
    const known = this.#cursors.get(key);
    if (known) return known;
    const cursors = cursorsIn((await person.send(query, variables)).data);
    this.#cursors.set(key, cursors);
    return cursors;
  }

  /** Sends each foreign value, and the unknown one beside it; notes whatever tells them apart. */
  async #attack({ place, kind, foreign, unknown, others, wrap, anyStatements }: Salvo) {
    const { attacker, victim } = this.#arsenal;
    const { report } = attacker;
    const send = (value: string) => this.#send(place, wrap ? wrap(value) : value, [value], others);
    const nobodys = await send(unknown);
    for (const [index, value] of foreign.entries()) {
      report.count(kind);
      if (isLookup(place)) {
        // What the server might keep of a row that somebody else has just looked at is fresh.
        const { query, variables } = this.#operation(place, wrap ? wrap(value) : value, others);
        await victim.send(query, variables);
      }
      const theirs = await send(value);
      if (index === 0) {
        this.durations.foreign.push(theirs.duration);
        this.durations.unknown.push(nobodys.duration);
      }
      if (differs(theirs, nobodys)) {
        report.breach(
          `${place.name} = ${value}: is answered unlike a value that nothing has: ${difference(theirs.comparable, nobodys.comparable)}`,
        );
      } else if (!anyStatements && theirs.statements !== nobodys.statements) {
        // A connection may just have been made or lost: only what happens again counts.
        this.#answered.clear();
        const [nobodysAgain, again] = [await send(unknown), await send(value)];
        if (again.statements === nobodysAgain.statements) continue;
        report.breach(
          `${place.name} = ${value}: takes other statements than a value that nothing has: ${difference(again.statements, nobodysAgain.statements)}`,
        );
      }
    }
  }

  /**
   * Looks for an own value that is taken, over all values that the rest of the operation can have.
   *
   * @returns the rest of the operation that worked; undefined when nothing did
   */
  async #control(
    place: ArgumentPlace,
    own: readonly string[],
    unknown: string,
    accepts: Accepts,
    otherKinds: ReadonlyMap<string, EntityKind> = new Map(),
  ): Promise<OtherValues | undefined> {
    let tries = 0;
    for (const others of this.#allOthers(place, otherKinds)) {
      const nobodys = await this.#send(place, unknown, [unknown], others);
      for (const value of own) {
        if (accepts(await this.#send(place, value, [value], others), nobodys)) return others;
        if (++tries === MOST_TRIES) return undefined;
      }
    }
    return undefined;
  }

  /**
   * Finds out by trying which kinds of ids the operation takes: those that are not refused as such.
   *
   * @param word what stands in the place, if it takes no id
   * @returns kinds that the place takes, and one for each other path that has to have an id; undefined
   *   when there is a path that takes none of them
   */
  async #settleKinds(place: ArgumentPlace, word?: string) {
    const { kinds } = this.#arsenal;
    const refused = new Map<string, Set<EntityKind>>();
    const taken = (path: string) => kinds.filter((kind) => !refused.get(path)?.has(kind));
    const others = place
      .operation(null)
      .required.filter(({ scalar }) => scalar === 'ID')
      .map(({ path }) => path);
    const paths = word === undefined ? [place.path, ...others] : others;
    const texts = this.#firstOthers(place).required;
    /** Sends ids that nothing has: they are refused for their kind alone, never for a row's state. */
    const probe = async (chosen: ReadonlyMap<string, EntityKind>) => {
      const ids = new Map([...chosen].map(([path, kind]) => [path, kind.unknown]));
      const required = { ...texts, ...Object.fromEntries(ids) };
      const value = word ?? ids.get(place.path);
      const sent = word === undefined ? [...ids.values()] : [word, ...ids.values()];
      const outcome = await this.#send(place, value, sent, { required });
      for (const [path, kind] of chosen) {
        if (!outcome.refused.has(path)) continue;
        refused.set(path, (refused.get(path) ?? new Set()).add(kind));
      }
      return paths.some((path) => outcome.refused.has(path));
    };
    const chosen = new Map<string, EntityKind>();
    do {
      for (const path of paths) {
        const [kind] = taken(path);
        if (!kind) return undefined;
        chosen.set(path, kind);
      }
    } while (await probe(chosen));
    if (word === undefined) {
      for (const kind of taken(place.path).filter((each) => each !== chosen.get(place.path))) {
        await probe(new Map(chosen).set(place.path, kind));
      }
    }
    chosen.delete(place.path);
    return { taken: taken(place.path), others: chosen };
  }

  #firstOthers(place: ArgumentPlace, otherKinds?: ReadonlyMap<string, EntityKind>): OtherValues {
    for (const others of this.#allOthers(place, otherKinds)) return others;
    return {};
  }

  /** Every combination of own values for what the operation needs beside the place. */
  *#allOthers(
    place: ArgumentPlace,
    otherKinds: ReadonlyMap<string, EntityKind> = new Map(),
  ): Generator<OtherValues & { required: Record<string, unknown> }> {
    const choices = place.operation(null).required.flatMap(({ path, scalar }) => {
      const kind = otherKinds.get(path);
      if (kind) return [{ path, values: kind.own }];
      const meaning = textMeaning(scalar, path);
      if (typeof meaning !== 'object' || meaning === null) return [];
      // What is made takes a name that is free; what is found takes one that is not, the latest first.
      const names = this.#arsenal.names(meaning).own.toReversed().slice(0, ENOUGH_NAMES);
      return [{ path, values: [meaning.unknown(), ...names] }];
    });
    for (const required of combinations(choices)) yield { required };
  }

  #listAround({ field, path }: ArgumentPlace): ArgumentPlace | undefined {
    const list = /^(.+)\.0$/.exec(path)?.[1];
    return this.#arsenal.places.find((place) => place.field === field && place.path === list);
  }

  /** Asks for all that could show. */
  #operation(place: ArgumentPlace, value: unknown, others: OtherValues): PlaceOperation {
    const { definition } = place;
    let selection = this.#selections.get(definition);
    if (selection === undefined) {
      selection = deepSelection(this.#arsenal.schema, definition);
      this.#selections.set(definition, selection);
    }
    return place.operation(value, { selection, ...others });
  }

  async #send(
    place: ArgumentPlace,
    value: unknown,
    sent: string[],
    others: OtherValues,
  ): Promise<Outcome> {
    const operation = this.#operation(place, value, others);
    const key = JSON.stringify([operation.query, operation.variables, sent]);
    const known = this.#answered.get(key);
    if (known) return known;
    const { name, isMutation } = place;
    const outcome = await this.#arsenal.attacker.send({ place: name, isMutation, operation, sent });
    this.#answered.set(key, outcome);
    return outcome;
  }

  #reportNoControl(place: ArgumentPlace, what: string): void {
    this.#arsenal.attacker.report.breach(
      `${place.name}: no own ${what} was found that is taken there, so attacks on it prove nothing.`,
    );
  }
}

/** Every way to choose one value for each path; at first those that choose alike, since they fit. */
function* combinations(
  choices: { path: string; values: readonly unknown[] }[],
): Generator<Record<string, unknown>> {
  const alike = Math.min(...choices.map(({ values }) => values.length));
  if (choices.length > 1) {
    for (let index = 0; index < alike; index++) {
      yield Object.fromEntries(choices.map(({ path, values }) => [path, values[index]]));
    }
  }
  yield* allCombinations(choices);
}

function* allCombinations(
  choices: { path: string; values: readonly unknown[] }[],
): Generator<Record<string, unknown>> {
  const [first, ...rest] = choices;
  if (!first) {
    yield {};
    return;
  }
  for (const value of first.values) {
    for (const others of allCombinations(rest)) yield { [first.path]: value, ...others };
  }
}
