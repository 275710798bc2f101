import { Field, ID, InputType } from 'type-graphql';
import { Moment, PublicId } from '../../shared/graphql/index.js';

@InputType({ description: 'A new secret of the organization.' })
export class CreateTenantSecretInput {
  @Field(() => Date, {
    nullable: true,
    description: 'When it ends, in the future; without, it does not end by itself.',
  })
  @Moment()
  expiresAt?: Date | null;
}

@InputType({ description: 'Which secret ends.' })
export class RevokeTenantSecretInput {
  @Field(() => ID, { description: 'Id of the secret.' })
  @PublicId('sec')
  id!: string;
}
