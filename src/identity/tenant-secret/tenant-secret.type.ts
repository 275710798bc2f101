import { Extensions, Field, ObjectType } from 'type-graphql';
import { Node, type NodeExtensions } from '../../shared/graphql/index.js';

@ObjectType({
  implements: Node,
  description:
    "Proves that a request comes from a machine of the organization, or of a partner that it trusts: beside a user's token, never instead of one.",
  simpleResolvers: true,
})
@Extensions({ idPrefix: 'sec' } satisfies NodeExtensions)
export class TenantSecret extends Node {
  @Field({ description: 'The first characters of the secret, to tell it from the other one.' })
  prefix!: string;

  @Field({ description: 'When the secret was made.' })
  createdAt!: Date;

  @Field(() => Date, {
    nullable: true,
    description: 'When the secret ends; null for one that does not end by itself.',
  })
  expiresAt!: Date | null;

  @Field(() => Date, {
    nullable: true,
    description: 'When the secret was last used, to the minute; null for one that never was.',
  })
  lastUsedAt!: Date | null;
}

@ObjectType({ description: 'A new secret.', simpleResolvers: true })
export class CreatedTenantSecret {
  @Field(() => TenantSecret, { description: 'What is known of the secret from now on.' })
  tenantSecret!: object;

  @Field({
    description:
      "The secret itself, to be sent as `x-tenant-secret`, along with `x-tenant-id` and a user's token. It is shown this once, and can be read nowhere again.",
  })
  secret!: string;
}
