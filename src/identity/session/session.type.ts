import { Field, ObjectType } from 'type-graphql';

@ObjectType({ description: 'What a sign-in gives.', simpleResolvers: true })
export class Session {
  @Field({ description: 'Send it as `Authorization: Bearer <accessToken>`.' })
  accessToken!: string;

  @Field({ description: 'When the access token ends.' })
  expiresAt!: Date;
}
