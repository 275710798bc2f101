import { Extensions, Field, ObjectType } from 'type-graphql';
import { connectionType, Node, type NodeExtensions } from '../../shared/graphql/index.js';

@ObjectType({
  description: 'What a sign-in gives, and each refresh anew.',
  simpleResolvers: true,
})
export class SessionTokens {
  @Field(() => String, {
    nullable: true,
    description:
      'Send it as `Authorization: Bearer <accessToken>`. Null where it was delivered as a cookie, which the browser sends by itself.',
  })
  accessToken!: string | null;

  @Field({ description: 'When the access token ends. Refresh the session before, or then.' })
  expiresAt!: Date;

  @Field(() => String, {
    nullable: true,
    description:
      'Good for one `refreshSession`, which gives the next one. Keep it as safe as a password: whoever has it is signed in. Null where it was delivered as a cookie.',
  })
  refreshToken!: string | null;
}

@ObjectType({
  implements: Node,
  description: 'One place where the caller is signed in: a browser, an app, a program.',
  simpleResolvers: true,
})
@Extensions({ idPrefix: 'sess' } satisfies NodeExtensions)
export class Session extends Node {
  @Field(() => String, {
    nullable: true,
    description: 'Network address of the client when it last signed in or refreshed.',
  })
  address!: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'What the client called itself then: its `User-Agent`.',
  })
  userAgent!: string | null;

  @Field({ description: 'When the user signed in.' })
  createdAt!: Date;

  @Field({ description: 'When the session was last refreshed; the sign-in, if it never was.' })
  refreshedAt!: Date;

  @Field({ description: 'When it ends at the latest, however often it is refreshed.' })
  expiresAt!: Date;
}

export const SessionConnection = connectionType('Session', () => Session);
