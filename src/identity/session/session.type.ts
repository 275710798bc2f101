import { Field, ObjectType } from 'type-graphql';

@ObjectType({
  description: 'What a sign-in gives, and each refresh anew.',
  simpleResolvers: true,
})
export class SessionTokens {
  @Field({ description: 'Send it as `Authorization: Bearer <accessToken>`.' })
  accessToken!: string;

  @Field({ description: 'When the access token ends. Refresh the session before, or then.' })
  expiresAt!: Date;

  @Field({
    description:
      'Good for one `refreshSession`, which gives the next one. Keep it as safe as a password: whoever has it is signed in.',
  })
  refreshToken!: string;
}
