import { Field, ID, InputType, Int } from 'type-graphql';
import { NotNull, OrderDirection, orderType, PublicId, Text } from '../../shared/graphql/index.js';
import { RoleName } from './role.validator.js';

@InputType({ description: 'A new role.' })
export class CreateRoleInput {
  @Field({ description: '1 to 120 characters; unlike the roles that all organizations have.' })
  @Text({ min: 1, max: 120 })
  @RoleName()
  name!: string;

  @Field(() => [String], {
    description: 'What it grants beyond reading: names of `permissions`, none of them reserved.',
  })
  permissions!: string[];
}

@InputType({ description: 'A change to a role. What is left out stays as it is.' })
export class UpdateRoleInput {
  @Field(() => ID, { description: 'Which role.' })
  @PublicId('role')
  id!: string;

  @Field(() => Int, { description: 'The version that was read; a stale one is refused.' })
  version!: number;

  @Field(() => String, {
    nullable: true,
    description: '1 to 120 characters; unlike the roles that all organizations have.',
  })
  @NotNull()
  @Text({ min: 1, max: 120 })
  @RoleName()
  name?: string;

  @Field(() => [String], {
    nullable: true,
    description:
      'All that it grants from now on, beyond reading: names of `permissions`, none of them reserved.',
  })
  @NotNull()
  permissions?: string[];
}

@InputType({ description: 'Which role goes.' })
export class RemoveRoleInput {
  @Field(() => ID, { description: 'Which role. Nobody may have it any more, or be invited to it.' })
  @PublicId('role')
  id!: string;
}

export const RoleOrder = orderType('RoleOrder', {
  of: 'roles',
  by: { CREATED_AT: 'When the role was made.' },
  direction: OrderDirection.ASC,
});
export type RoleOrder = InstanceType<typeof RoleOrder>;
