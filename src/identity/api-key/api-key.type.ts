import { Extensions, Field, ObjectType } from 'type-graphql';
import { connectionType, Node, type NodeExtensions } from '../../shared/graphql/index.js';

@ObjectType({
  implements: Node,
  description:
    'A key with which a program acts for a user. It may do what its permissions say and its user may do at that moment.',
  simpleResolvers: true,
})
@Extensions({ idPrefix: 'key' } satisfies NodeExtensions)
export class ApiKey extends Node {
  @Field({ description: 'What it is for, as its maker says.' })
  name!: string;

  @Field({ description: 'The first characters of the key, to tell it from others.' })
  prefix!: string;

  @Field(() => [String], {
    description: 'What it may do beyond reading, if its user may: `tasks:write` and the like.',
  })
  permissions!: string[];

  @Field({ description: 'When the key was made.' })
  createdAt!: Date;

  @Field(() => Date, {
    nullable: true,
    description: 'When the key ends; null for one that does not end by itself.',
  })
  expiresAt!: Date | null;

  @Field(() => Date, {
    nullable: true,
    description: 'When the key was last used, to the minute; null for one that never was.',
  })
  lastUsedAt!: Date | null;
}

@ObjectType({ description: 'A new key.', simpleResolvers: true })
export class CreatedApiKey {
  @Field(() => ApiKey, { description: 'What is known of the key from now on.' })
  apiKey!: object;

  @Field({
    description:
      'The key itself, to be sent as `Authorization: Bearer <secret>`. It is shown this once, and can be read nowhere again.',
  })
  secret!: string;
}

export const ApiKeyConnection = connectionType('ApiKey', () => ApiKey);
