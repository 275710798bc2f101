import { GraphQLEmailAddress } from 'graphql-scalars';
import { Field, InputType } from 'type-graphql';
import { Text } from '../../shared/graphql/index.js';
import { NewPassword } from '../user/new-password.field.js';

// A token has no rules for its length: whatever is wrong with one gets the same answer.

@InputType({ description: 'The proof that an e-mail address is read.' })
export class VerifyEmailInput {
  @Field({ description: 'The token of the link in the mail; good once.' })
  token!: string;
}

@InputType({ description: 'Who has forgotten their password, and where.' })
export class RequestPasswordResetInput {
  @Field({ description: 'Slug of the organization, e.g. `demo`.' })
  @Text({ min: 1, max: 63 })
  organization!: string;

  @Field({ description: 'E-mail address of the account.' })
  @Text({ min: 1, max: 254 })
  email!: string;
}

@InputType({ description: 'A new password for who has forgotten the old one.' })
export class ResetPasswordInput {
  @Field({ description: 'The token of the link in the mail; good once.' })
  token!: string;

  @NewPassword()
  newPassword!: string;
}

@InputType({ description: 'Another e-mail address for the caller, who knows the password.' })
export class RequestEmailChangeInput {
  @Field(() => GraphQLEmailAddress, {
    description: 'The new address. Upper and lower case are the same.',
  })
  @Text({ max: 254 })
  newEmail!: string;

  @Field({ description: 'The password as it is now.' })
  @Text({ min: 1, max: 128 })
  password!: string;
}

@InputType({ description: 'The proof that a new e-mail address is read.' })
export class ConfirmEmailChangeInput {
  @Field({ description: 'The token of the link in the mail; good once.' })
  token!: string;
}
