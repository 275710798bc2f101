import { Field, InputType } from 'type-graphql';
import { Text } from '../../shared/graphql/index.js';

@InputType({ description: 'Who signs in, and where.' })
export class SignInInput {
  @Field({ description: 'Slug of the organization, e.g. `demo`.' })
  @Text({ min: 1, max: 63 })
  organization!: string;

  @Field({ description: 'E-mail address of the account.' })
  @Text({ min: 1, max: 254 })
  email!: string;

  @Field({ description: 'Password of the account.' })
  @Text({ min: 1, max: 128 })
  password!: string;

  @Field(() => String, {
    nullable: true,
    description:
      'Of an account with a second factor: the code that the authenticator app shows, or a recovery code.',
  })
  @Text({ min: 1, max: 64 })
  code?: string | null;
}

@InputType({ description: 'Which session goes on.' })
export class RefreshSessionInput {
  @Field({ description: 'The refresh token that came last.' })
  @Text({ min: 1, max: 200 })
  refreshToken!: string;
}
