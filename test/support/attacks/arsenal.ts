import type { GraphQLSchema } from 'graphql';
import type { ArgumentPlace } from '../argument-places.js';
import type { Attacker } from './attacker.js';
import type { EntityKind } from './entity-kinds.js';
import type { PlaceRefusals } from './place-refusals.js';
import type { Caller } from './shoppers.js';
import type { Reference } from './text-places.js';

/** What the places of the API are attacked with. */
export interface Arsenal {
  schema: GraphQLSchema;
  places: ArgumentPlace[];
  kinds: EntityKind[];
  attacker: Attacker;
  /** Those whose rows are attacked: their lists give cursors. */
  victims: readonly Caller[];
  /** Those who have no right to what the attacker has. */
  bystanders: PlaceRefusals;
  /** Whether it is known of a place that there no value makes a difference, the attacker's own neither. */
  isIndifferent(place: ArgumentPlace): boolean;
  /** The names that a reference can have, on each side. */
  names(reference: Reference): { own: string[]; foreign: string[] };
  /** Words that the own texts alone have, and those that only texts of others have. */
  words: { own: string; foreign: string[] };
}
