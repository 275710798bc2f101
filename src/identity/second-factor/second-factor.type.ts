import { Field, ObjectType } from 'type-graphql';

@ObjectType({
  description: 'What an authenticator app is given, once.',
  simpleResolvers: true,
})
export class SecondFactorEnrollment {
  @Field({ description: 'The secret, in base32, for typing it in.' })
  setupKey!: string;

  @Field({ description: 'The same for a QR code: `otpauth://totp/…`.' })
  uri!: string;
}

@ObjectType({
  description: 'Codes that are shown once, and stored nowhere.',
  simpleResolvers: true,
})
export class RecoveryCodes {
  @Field(() => [String], {
    description: 'Each signs in once instead of a code of the authenticator app.',
  })
  codes!: string[];
}
