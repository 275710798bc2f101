import { Field, InputType } from 'type-graphql';
import { Text } from '../../shared/graphql/index.js';

@InputType({ description: 'Who signs in with a token of an identity provider, and where.' })
export class SignInWithTokenInput {
  @Field({ description: 'Slug of the organization, or its id.' })
  @Text({ min: 1, max: 63 })
  organization!: string;

  @Field({
    description: 'An ID token or a JWT access token of an issuer that the organization trusts.',
  })
  @Text({ min: 1, max: 16_000 })
  token!: string;
}
