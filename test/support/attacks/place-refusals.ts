import { type GraphQLSchema, isObjectType } from 'graphql';
import { PUBLIC_OPERATIONS } from '../../../src/identity/authorization.js';
import type { ArgumentPlace, PlaceOperation } from '../argument-places.js';
import { difference } from './answer-reader.js';
import type { Attacker } from './attacker.js';

/** Somebody of the attacker's organization who may do less. */
export interface Bystander {
  /** For the line of a breach: `a customer`. */
  name: string;
  attacker: Attacker;
  /** The API as it is for them. */
  open: GraphQLSchema;
}

/** An operation with a value in its place. */
export interface Trial {
  value: string;
  operation: PlaceOperation;
}

const REFUSAL = /"code":"(FORBIDDEN|UNAUTHENTICATED)"/;

/**
 * Sends what the attacker may do as those who may not: whether a value is the organization's own, somebody else's, or
 * one that nothing has, they are refused alike, after the same statements, and nothing happens.
 */
export class PlaceRefusals {
  readonly #bystanders: readonly Bystander[];

  constructor(bystanders: readonly Bystander[]) {
    this.#bystanders = bystanders;
  }

  /** @param trials the first of them is one that the attacker has had taken */
  async attack(place: ArgumentPlace, trials: readonly Trial[]): Promise<void> {
    for (const { name, attacker, open } of this.#bystanders) {
      if (isOpen(place, open)) continue;
      const at = `${place.name}, as ${name}`;
      const outcomes = [];
      for (const { value, operation } of trials) {
        attacker.report.count('GraphQL refusal');
        const outcome = await attacker.send({
          place: at,
          // All of them are looked after below, at once.
          isMutation: false,
          operation,
          sent: [value],
        });
        if (!REFUSAL.test(outcome.comparable)) {
          attacker.report.breach(`${at} = ${value}: is not refused: ${outcome.comparable}`);
        }
        outcomes.push({ value, outcome });
      }
      const [first, ...others] = outcomes;
      for (const { value, outcome } of first ? others : []) {
        for (const part of ['comparable', 'statements'] as const) {
          const [own, their] = [first?.outcome[part] ?? '', outcome[part]];
          if (own === their) continue;
          attacker.report.breach(
            `${at} = ${value}: is refused unlike a value of the organization (${part}): ${difference(their, own)}`,
          );
        }
      }
      if (!place.isMutation) continue;
      const changes = await attacker.guard.undo();
      if (changes.own || changes.others)
        attacker.report.breach(`${at}: changed rows, and is refused`);
    }
  }
}

function isOpen({ field }: ArgumentPlace, open: GraphQLSchema): boolean {
  const [typeName = '', name = ''] = field.split('.');
  const type = open.getType(typeName);
  return PUBLIC_OPERATIONS.has(field) || (isObjectType(type) && name in type.getFields());
}
