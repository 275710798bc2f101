import { Field, ID, InputType } from 'type-graphql';
import { PublicId, Text } from '../../shared/graphql/index.js';

@InputType({ description: 'Who sets up an authenticator app.' })
export class EnrollSecondFactorInput {
  @Field({ description: "The caller's password." })
  @Text({ min: 1, max: 128 })
  password!: string;
}

@InputType({ description: 'What shows that the app has the secret.' })
export class ConfirmSecondFactorInput {
  @Field({ description: 'The code that the authenticator app shows.' })
  @Text({ min: 1, max: 64 })
  code!: string;
}

@InputType({ description: 'What shows that it is the caller: one of the two.' })
export class DisableSecondFactorInput {
  @Field(() => String, { nullable: true, description: "The caller's password." })
  @Text({ min: 1, max: 128 })
  password?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'The code that the authenticator app shows, or a recovery code.',
  })
  @Text({ min: 1, max: 64 })
  code?: string | null;
}

@InputType({ description: 'Who gets new recovery codes.' })
export class RenewRecoveryCodesInput {
  @Field({ description: "The caller's password." })
  @Text({ min: 1, max: 128 })
  password!: string;
}

@InputType({ description: 'Who has lost both the authenticator app and the recovery codes.' })
export class ResetSecondFactorInput {
  @Field(() => ID, { description: 'Id of the user. Nobody resets their own.' })
  @PublicId('user')
  userId!: string;
}
