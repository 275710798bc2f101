import { Extensions, Field, ObjectType } from 'type-graphql';
import { connectionType, Node, type NodeExtensions } from '../../shared/graphql/index.js';

@ObjectType({
  implements: Node,
  description:
    'Tells whose shop it is that guests are in, who have not signed in. It may stand in web pages: with it, anybody sees what is for sale, and no more.',
  simpleResolvers: true,
})
@Extensions({ idPrefix: 'pub' } satisfies NodeExtensions)
export class PublishableKey extends Node {
  @Field({ description: 'What it is for, as its maker says.' })
  name!: string;

  @Field({ description: 'The first characters of the key, to tell it from others.' })
  prefix!: string;

  @Field({ description: 'When the key was made.' })
  createdAt!: Date;
}

@ObjectType({ description: 'A new publishable key.', simpleResolvers: true })
export class CreatedPublishableKey {
  @Field(() => PublishableKey, { description: 'What is known of the key from now on.' })
  publishableKey!: object;

  @Field({
    description:
      'The key itself, to be sent as `x-publishable-key`. It is shown this once, and can be read nowhere again.',
  })
  key!: string;
}

export const PublishableKeyConnection = connectionType('PublishableKey', () => PublishableKey);
