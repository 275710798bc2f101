import { GraphQLEmailAddress } from 'graphql-scalars';
import { Field, InputType } from 'type-graphql';
import { Text } from '../../shared/graphql/index.js';
import { NewSlug } from '../organization/slug.validator.js';
import { TokenDelivery } from '../session/session.input.js';
import { NewPassword } from '../user/new-password.field.js';

@InputType({ description: 'A new organization, and the person who owns it.' })
export class SignUpInput {
  @Field({ description: 'Name of the organization, 1 to 120 characters.' })
  @Text({ min: 1, max: 120 })
  organizationName!: string;

  @Field({
    description:
      'Short name for signing in, unique over all organizations: 3 to 63 of a to z and 0 to 9, with single hyphens between them.',
  })
  @NewSlug()
  slug!: string;

  @Field({ description: 'Name of the person, 1 to 120 characters.' })
  @Text({ min: 1, max: 120 })
  name!: string;

  @Field(() => GraphQLEmailAddress, {
    description: 'For signing in. Upper and lower case are the same.',
  })
  @Text({ max: 254 })
  email!: string;

  @NewPassword()
  password!: string;

  @Field(() => TokenDelivery, {
    defaultValue: TokenDelivery.BODY,
    description: 'How the tokens come back.',
  })
  delivery!: TokenDelivery;
}
