import type { ArgumentPlace, OtherValues } from '../argument-places.js';
import type { Arsenal } from './arsenal.js';
import type { Outcome } from './attacker.js';
import type { EntityKind } from './entity-kinds.js';
import type { PlaceSender } from './place-sender.js';
import { isReference, textMeaning } from './text-places.js';

/** Combinations of own values that are tried before a place counts as one that takes none. */
const MOST_TRIES = 300;
/** Names of one kind are all alike. */
export const ENOUGH_NAMES = 3;

/** An own value that is taken, and what was beside it. */
export interface Control {
  value: string;
  others: OtherValues;
}

/** Whether an own value is taken, by what came of it and of one that nothing has. */
export type Accepts = (outcome: Outcome, unknown: Outcome) => boolean;

export const succeeds: Accepts = ({ hasErrors }) => !hasErrors;
export const differs: Accepts = ({ comparable }, unknown) => comparable !== unknown.comparable;
export const succeedsAndDiffers: Accepts = (outcome, unknown) =>
  succeeds(outcome, unknown) && differs(outcome, unknown);

/**
 * Builds operations in which an own value is taken, to hold attacks against. What an operation needs
 * beside the place is found by trying, so a new field needs nobody to describe it.
 */
export class PlaceControls {
  readonly #arsenal: Arsenal;
  readonly #sender: PlaceSender;

  constructor(arsenal: Arsenal, sender: PlaceSender) {
    this.#arsenal = arsenal;
    this.#sender = sender;
  }

  /**
   * Looks for an own value that is taken, over all values that the rest of the operation can have.
   *
   * @returns the value, and the rest of the operation that worked; undefined when nothing did
   */
  async find(
    place: ArgumentPlace,
    own: readonly string[],
    unknown: string,
    accepts: Accepts,
    otherKinds: ReadonlyMap<string, EntityKind> = new Map(),
  ): Promise<Control | undefined> {
    let tries = 0;
    for (const others of this.#allOthers(place, otherKinds)) {
      const nobodys = await this.#sender.send(place, unknown, [unknown], others);
      for (const value of own) {
        const outcome = await this.#sender.send(place, value, [value], others);
        if (accepts(outcome, nobodys)) return { value, others };
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
  async settleKinds(place: ArgumentPlace, word?: string) {
    const { kinds } = this.#arsenal;
    const refused = new Map<string, Set<EntityKind>>();
    const taken = (path: string) => kinds.filter((kind) => !refused.get(path)?.has(kind));
    const others = place
      .operation(null)
      .required.filter(({ scalar }) => scalar === 'ID')
      .map(({ path }) => path);
    const paths = word === undefined ? [place.path, ...others] : others;
    const texts = this.firstOthers(place).required;
    /** Sends ids that nothing has: they are refused for their kind alone, never for a row's state. */
    const probe = async (chosen: ReadonlyMap<string, EntityKind>) => {
      const ids = new Map([...chosen].map(([path, kind]) => [path, kind.unknown]));
      const required = { ...texts, ...Object.fromEntries(ids) };
      const value = word ?? ids.get(place.path);
      const sent = word === undefined ? [...ids.values()] : [word, ...ids.values()];
      const outcome = await this.#sender.send(place, value, sent, { required });
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

  /** What to give beside the place, when it does not matter what. */
  firstOthers(place: ArgumentPlace, otherKinds?: ReadonlyMap<string, EntityKind>): OtherValues {
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
      const meaning = textMeaning(scalar, path, place.field);
      if (!isReference(meaning)) return [];
      // What is made takes a name that is free; what is found takes one that is not, the latest first.
      const names = this.#arsenal.names(meaning).own.toReversed().slice(0, ENOUGH_NAMES);
      return [{ path, values: [meaning.unknown(), ...names] }];
    });
    for (const required of combinations(choices)) yield { required };
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
