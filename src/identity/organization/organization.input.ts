import { Field, InputType } from 'type-graphql';
import { NotNull, Text } from '../../shared/graphql/index.js';
import { NewSlug } from './slug.validator.js';
import { TimeZone } from './time-zone.validator.js';

@InputType({
  description: "A change to the caller's organization. What is left out stays as it is.",
})
export class UpdateOrganizationInput {
  @Field(() => String, { nullable: true, description: '1 to 120 characters.' })
  @NotNull()
  @Text({ min: 1, max: 120 })
  name?: string;

  @Field(() => String, {
    nullable: true,
    description:
      '3 to 63 of a to z and 0 to 9, with single hyphens between them. Everybody signs in with the new one from then on, and the old one is free for others.',
  })
  @NotNull()
  @NewSlug()
  slug?: string;

  @Field(() => Boolean, {
    nullable: true,
    description:
      "Whether a user's token, or an API key, is good only along with `x-tenant-id` and `x-tenant-secret`. To require it, send this very request with them; one secret must not end by itself. Access tokens that are out are refused, and refreshing gives others.",
  })
  @NotNull()
  requireTenantSecret?: boolean;

  @Field(() => String, {
    nullable: true,
    description:
      'By its name in the IANA database: `Europe/Berlin`. All that was sold is summed up anew by its days; for an organization with more than 50,000 orders that takes the operator of the service.',
  })
  @NotNull()
  @TimeZone()
  timeZone?: string;

  @Field(() => Boolean, {
    nullable: true,
    description:
      'Whether buyers are written to when their order is paid, shipped, or refunded or cancelled after that.',
  })
  @NotNull()
  orderMail?: boolean;
}

@InputType({ description: 'The confirmation that the organization is meant to go.' })
export class DeleteOrganizationInput {
  @Field({ description: 'The slug of the organization, as typed by the person who means it.' })
  @Text({ min: 1, max: 63 })
  slug!: string;
}
