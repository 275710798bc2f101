import { Field, ID, InputType, registerEnumType } from 'type-graphql';
import { OrderDirection, orderType, PublicId, Text } from '../../shared/graphql/index.js';

export enum TokenDelivery {
  BODY = 'BODY',
  COOKIES = 'COOKIES',
}

registerEnumType(TokenDelivery, {
  name: 'TokenDelivery',
  description: 'How a client is given the tokens of a session.',
  valuesConfig: {
    BODY: { description: 'In the answer: for programs, which keep them and send a header.' },
    COOKIES: {
      description:
        'As cookies that no script can read, and nowhere else: for browsers, which send them by themselves.',
    },
  },
});

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

  @Field(() => TokenDelivery, {
    defaultValue: TokenDelivery.BODY,
    description: 'How the tokens come back.',
  })
  delivery!: TokenDelivery;
}

@InputType({ description: 'Which session goes on.' })
export class RefreshSessionInput {
  @Field(() => String, {
    nullable: true,
    description:
      'The refresh token that came last. Without one, the cookie of the browser is taken.',
  })
  @Text({ min: 1, max: 200 })
  refreshToken?: string | null;

  @Field(() => TokenDelivery, {
    defaultValue: TokenDelivery.BODY,
    description:
      'How the tokens come back. What came as a cookie goes back as one, whatever is said here: else a script could get hold of it.',
  })
  delivery!: TokenDelivery;
}

@InputType({ description: 'Which session ends.' })
export class RevokeSessionInput {
  @Field(() => ID, { description: "Id of one of the caller's own sessions." })
  @PublicId('sess')
  sessionId!: string;
}

export const SessionOrder = orderType('SessionOrder', {
  of: 'sessions',
  by: { CREATED_AT: 'When the user signed in.' },
  direction: OrderDirection.DESC,
});
export type SessionOrder = InstanceType<typeof SessionOrder>;
