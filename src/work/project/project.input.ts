import { Field, ID, InputType, Int } from 'type-graphql';
import { NotNull, OrderDirection, orderType, PublicId, Text } from '../../shared/graphql/index.js';

@InputType({ description: 'A new project.' })
export class CreateProjectInput {
  @Field({ description: '1 to 120 characters.' })
  @Text({ min: 1, max: 120 })
  name!: string;

  @Field({ defaultValue: '', description: 'At most 10,000 characters.' })
  @Text({ max: 10_000 })
  description!: string;

  @Field(() => ID, { nullable: true, description: 'Id of the owner; the caller when not given.' })
  @PublicId('user')
  ownerId?: string | null;
}

@InputType({ description: 'A change to a project. What is left out stays as it is.' })
export class UpdateProjectInput {
  @Field(() => ID, { description: 'Which project.' })
  @PublicId('proj')
  id!: string;

  @Field(() => Int, { description: 'The version that was read; a stale one is refused.' })
  version!: number;

  @Field(() => String, { nullable: true, description: '1 to 120 characters.' })
  @NotNull()
  @Text({ min: 1, max: 120 })
  name?: string;

  @Field(() => String, { nullable: true, description: 'At most 10,000 characters.' })
  @NotNull()
  @Text({ max: 10_000 })
  description?: string;

  @Field(() => ID, { nullable: true, description: 'Id of the new owner.' })
  @NotNull()
  @PublicId('user')
  ownerId?: string;
}

@InputType({ description: 'Which project, in the state that was read.' })
export class ProjectVersionInput {
  @Field(() => ID, { description: 'Which project.' })
  @PublicId('proj')
  id!: string;

  @Field(() => Int, { description: 'The version that was read; a stale one is refused.' })
  version!: number;
}

export const ProjectOrder = orderType('ProjectOrder', {
  of: 'projects',
  by: {
    CREATED_AT: 'When the project was made.',
    NAME: 'The name.',
  },
  direction: OrderDirection.ASC,
});
export type ProjectOrder = InstanceType<typeof ProjectOrder>;

@InputType({ description: 'Which projects a list shows. All conditions that are given must hold.' })
export class ProjectFilter {
  @Field(() => ID, { nullable: true, description: 'Owned by this user.' })
  @PublicId('user')
  ownerId?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Having these words in name or description, in the syntax of a web search.',
  })
  @Text({ min: 1, max: 200 })
  text?: string | null;
}
