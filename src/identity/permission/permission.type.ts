import { Field, ObjectType } from 'type-graphql';

@ObjectType({ description: 'Something that a role can grant.', simpleResolvers: true })
export class Permission {
  @Field({ description: 'As `can` and roles name it: `tasks:write`.' })
  name!: string;

  @Field({ description: 'What it is for, as a sentence.' })
  description!: string;

  @Field({ description: "Whether only owners have it, and no role of the organization's own." })
  isReserved!: boolean;
}
