import type { ArgumentPlace, OtherValues, PlaceOperation } from '../argument-places.js';
import { difference } from './answer-reader.js';
import type { Arsenal } from './arsenal.js';
import { cursorsIn, neighbourOf, ordersOf } from './cursors.js';
import { cursorSelection } from './deep-selection.js';
import type { EntityKind } from './entity-kinds.js';
import { inTurn } from './in-turn.js';
import { COMMON_WORD, newWord } from './made-up-values.js';
import {
  type Control,
  differs,
  ENOUGH_NAMES,
  PlaceControls,
  succeeds,
  succeedsAndDiffers,
} from './place-controls.js';
import { PlaceSender } from './place-sender.js';
import type { Caller } from './shoppers.js';
import type { Reference } from './text-places.js';

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
}

/** Cursors of one order are all alike; ids are not, since each row is in another state. */
const ENOUGH_CURSORS = 3;

/**
 * All ids, each of a row in another state; a few, in a filter within a filter: it is the same filter that
 * takes all of them one level above. And a few, where nothing of the kind is the attacker's, in whatever state.
 */
const ENOUGH_NESTED_IDS = 2;
const ENOUGH_OF_NONE = 4;
const isNested = ({ path }: ArgumentPlace) =>
  path.split('.').filter((step) => !/^\d+$/.test(step)).length > 2;
function mostIds(place: ArgumentPlace, { own }: EntityKind): number {
  if (isNested(place)) return ENOUGH_NESTED_IDS;
  return own.length === 0 ? ENOUGH_OF_NONE : Number.POSITIVE_INFINITY;
}

/** Whether a place is all that a query is asked by, as the id of `task(id:)` is. */
const isLookup = ({ isMutation, definition, path }: ArgumentPlace) =>
  !isMutation && definition.args.length === 1 && path.split('.')[0] === definition.args[0]?.name;

/**
 * Attacks one place of the API after the other: the same operation with a value of somebody else and
 * with one that nothing has must be answered the same, after the same statements, and change no row of
 * theirs. Before, a value of the caller's own must be taken there: else all answers would be alike for
 * another reason.
 */
export class PlaceAttacker {
  readonly durations: Durations = { foreign: [], unknown: [] };
  readonly #arsenal: Arsenal;
  readonly #sender: PlaceSender;
  readonly #controls: PlaceControls;
  readonly #cursors = new Map<string, string[]>();

  constructor(arsenal: Arsenal) {
    this.#arsenal = arsenal;
    this.#sender = new PlaceSender(arsenal);
    this.#controls = new PlaceControls(arsenal, this.#sender);
  }

  /** @param place one that takes an id */
  async attackWithIds(place: ArgumentPlace): Promise<void> {
    const { kinds, attacker } = this.#arsenal;
    const settled = await this.#controls.settleKinds(place);
    if (!settled) {
      attacker.report.breach(`${place.name}: takes no id of any kind that is known.`);
      return;
    }
    let others = this.#controls.firstOthers(place, settled.others);
    if (settled.taken.every(({ own }) => own.length === 0)) this.#reportNoControl(place, 'id');
    for (const kind of kinds) {
      const { unknown } = kind;
      const isTaken = settled.taken.includes(kind);
      // Of some kinds a shopper has nothing, whatever their rights.
      if (isTaken && kind.own.length > 0) {
        const control = await this.#controls.find(
          place,
          kind.own,
          unknown,
          succeedsAndDiffers,
          settled.others,
        );
        if (control) {
          others = control.others;
          await this.#refuse(place, control, kind.foreign, unknown);
        } else this.#reportNoControl(place, `id of ${kind.typeName}`);
      }
      const foreign = kind.foreign.slice(0, isTaken ? mostIds(place, kind) : 1);
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
    const settled = await this.#controls.settleKinds(place, unknown);
    const control = await this.#controls.find(place, latest, unknown, differs, settled?.others);
    if (control) await this.#refuse(place, control, foreign, unknown);
    else this.#reportNoControl(place, 'name');
    await this.#attack({
      place,
      kind: 'GraphQL name',
      foreign: foreign.slice(0, ENOUGH_NAMES),
      unknown,
      others: control?.others ?? this.#controls.firstOthers(place),
    });
  }

  /** @param place one that takes any text: what only others have written must not make a difference */
  async attackWithWords(place: ArgumentPlace): Promise<void> {
    const { words } = this.#arsenal;
    const unknown = newWord();
    const settled = await this.#controls.settleKinds(place, unknown);
    const own = [COMMON_WORD, words.own];
    const control = await this.#controls.find(place, own, unknown, succeeds, settled?.others);
    if (control) await this.#refuse(place, control, words.foreign, unknown);
    else this.#reportNoControl(place, 'word');
    await this.#attack({
      place,
      kind: 'GraphQL text',
      foreign: words.foreign,
      unknown,
      others: control?.others ?? this.#controls.firstOthers(place),
    });
  }

  /** @param place one that takes a cursor; it is attacked in every order that its list has */
  async attackWithCursors(place: ArgumentPlace): Promise<void> {
    const { schema, attacker, victims } = this.#arsenal;
    for (const optional of ordersOf(place.definition)) {
      const others = { ...this.#controls.firstOthers(place), optional };
      const listing = place.operation(undefined, {
        ...others,
        selection: cursorSelection(schema, place.definition),
      });
      const own = await this.#cursorsOf(attacker.person, listing);
      const theirs: string[][] = [];
      for (const victim of victims) theirs.push(await this.#cursorsOf(victim, listing));
      // What stands in a shop window, all have cursors of.
      const foreign = inTurn(...theirs).filter((cursor) => !own.includes(cursor));
      const everything = await this.#sender.send(place, undefined, [], others);
      let taken: string | undefined;
      for (const cursor of own) {
        const outcome = await this.#sender.send(place, cursor, [cursor], others);
        if (!succeedsAndDiffers(outcome, everything)) continue;
        taken = cursor;
        break;
      }
      const order = JSON.stringify(optional);
      const enough = order === '{}' ? ENOUGH_CURSORS : 1;
      if (!taken) this.#reportNoControl(place, `cursor, in the order ${order},`);
      else if (order === '{}') {
        const unknown = neighbourOf(taken) ?? taken;
        await this.#refuse(place, { value: taken, others }, foreign, unknown);
      }
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
  async #cursorsOf(person: Caller, { query, variables }: PlaceOperation): Promise<string[]> {
    const key = JSON.stringify([person.id, query, variables]);
    const known = this.#cursors.get(key);
    if (known) return known;
    const cursors = cursorsIn((await person.send(query, variables)).data);
    this.#cursors.set(key, cursors);
    return cursors;
  }

  /** Sends each foreign value, and the unknown one beside it; notes whatever tells them apart. */
  async #attack({ place, kind, foreign, unknown, others, wrap }: Salvo) {
    const { attacker, victims } = this.#arsenal;
    const { report } = attacker;
    const send = (value: string) =>
      this.#sender.send(place, wrap ? wrap(value) : value, [value], others);
    const nobodys = await send(unknown);
    for (const [index, value] of foreign.entries()) {
      report.count(kind);
      if (isLookup(place)) {
        // What the server might keep of a row that somebody else has just looked at is fresh.
        const { query, variables } = this.#sender.operation(
          place,
          wrap ? wrap(value) : value,
          others,
        );
        for (const victim of victims) await victim.send(query, variables);
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
      } else if (theirs.statements !== nobodys.statements) {
        // A connection may just have been made or lost: only what happens again counts.
        this.#sender.forget();
        const [nobodysAgain, again] = [await send(unknown), await send(value)];
        if (again.statements === nobodysAgain.statements) continue;
        report.breach(
          `${place.name} = ${value}: takes other statements than a value that nothing has: ${difference(again.statements, nobodysAgain.statements)}`,
        );
      }
    }
  }

  /** As those who have no right to the field. */
  async #refuse(
    place: ArgumentPlace,
    { value: own, others }: Control,
    [foreign]: readonly string[],
    unknown: string,
  ): Promise<void> {
    if (isNested(place)) return;
    const values = foreign === undefined ? [own, unknown] : [own, foreign, unknown];
    await this.#arsenal.bystanders.attack(
      place,
      values.map((value) => ({ value, operation: this.#sender.operation(place, value, others) })),
    );
  }

  #listAround({ field, path }: ArgumentPlace): ArgumentPlace | undefined {
    const list = /^(.+)\.0$/.exec(path)?.[1];
    return this.#arsenal.places.find((place) => place.field === field && place.path === list);
  }

  #reportNoControl(place: ArgumentPlace, what: string): void {
    if (this.#arsenal.isIndifferent(place)) return;
    this.#arsenal.attacker.report.breach(
      `${place.name}: no own ${what} was found that is taken there, so attacks on it prove nothing.`,
    );
  }
}
