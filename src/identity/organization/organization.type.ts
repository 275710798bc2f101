import { Extensions, Field, ObjectType } from 'type-graphql';
import { Node, type NodeExtensions } from '../../shared/graphql/index.js';

@ObjectType({
  implements: Node,
  description: 'A tenant: everything that a signed-in person sees belongs to one organization.',
  simpleResolvers: true,
})
@Extensions({ idPrefix: 'org' } satisfies NodeExtensions)
export class Organization extends Node {
  @Field({ description: 'As it is shown to people.' })
  name!: string;

  @Field({ description: 'Short name for signing in, unique over all organizations.' })
  slug!: string;

  @Field({ description: 'When the organization was made.' })
  createdAt!: Date;

  @Field({ description: 'When the organization was last changed.' })
  updatedAt!: Date;

  @Field({
    description:
      "Whether a user's token is good only along with `x-tenant-id` and `x-tenant-secret`.",
  })
  requireTenantSecret!: boolean;

  @Field({
    description:
      'By its name in the IANA database: where a day begins and ends in reports of its sales.',
  })
  timeZone!: string;

  @Field({ description: 'Whether buyers are written to about their orders.' })
  orderMail!: boolean;

  // Whether it is suspended is no field: nobody who could read it is let in then.
  @Field(() => Date, {
    nullable: true,
    description:
      'When the organization goes, with all that is in it: nobody gets in from then on. Null unless somebody has asked for its deletion.',
  })
  deletionDueAt!: Date | null;
}
