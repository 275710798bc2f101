import type { ArgumentPlace, OtherValues, PlaceOperation } from '../argument-places.js';
import type { Arsenal } from './arsenal.js';
import type { Outcome } from './attacker.js';
import { deepSelection } from './deep-selection.js';

/** Puts values in places and sends the operations, each of them once. */
export class PlaceSender {
  readonly #arsenal: Arsenal;
  readonly #answered = new Map<string, Outcome>();
  readonly #selections = new Map<ArgumentPlace['definition'], string>();

  constructor(arsenal: Arsenal) {
    this.#arsenal = arsenal;
  }

  /** Asks for all that could show. */
  operation(place: ArgumentPlace, value: unknown, others: OtherValues): PlaceOperation {
    const { definition } = place;
    let selection = this.#selections.get(definition);
    if (selection === undefined) {
      selection = deepSelection(this.#arsenal.schema, definition);
      this.#selections.set(definition, selection);
    }
    return place.operation(value, { selection, ...others });
  }

  /**
   * @param sent values that may come back in the answer
   * @returns what came of it; the same again for an operation that was sent already, since all rows are
   *   as they were then
   */
  async send(
    place: ArgumentPlace,
    value: unknown,
    sent: string[],
    others: OtherValues,
  ): Promise<Outcome> {
    const operation = this.operation(place, value, others);
    const key = JSON.stringify([operation.query, operation.variables, sent]);
    const known = this.#answered.get(key);
    if (known) return known;
    const { name, isMutation } = place;
    const outcome = await this.#arsenal.attacker.send({ place: name, isMutation, operation, sent });
    this.#answered.set(key, outcome);
    return outcome;
  }

  /** Has everything sent anew from here on. */
  forget(): void {
    this.#answered.clear();
  }
}
