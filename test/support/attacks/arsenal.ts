import type { GraphQLSchema } from 'graphql';
import type { Person } from '../api.js';
import type { ArgumentPlace } from '../argument-places.js';
import type { Attacker } from './attacker.js';
import type { EntityKind } from './entity-kinds.js';
import type { Reference } from './text-places.js';

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
