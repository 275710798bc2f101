import { Min } from 'class-validator';
import { Field, ID, InputType, Int } from 'type-graphql';
import { NotNull, OrderDirection, orderType, PublicId, Text } from '../../shared/graphql/index.js';
import { CategorySlug } from './slug.validator.js';

const POSITION =
  'Among its new siblings: whichever stands there, and all behind it, make way. Behind the last when not given.';
const AT_LEAST_0 = { message: 'Must be 0 or more.' };

@InputType({ description: 'A new category.' })
export class CreateCategoryInput {
  @Field({ description: '1 to 120 characters.' })
  @Text({ min: 1, max: 120 })
  name!: string;

  @Field(() => String, {
    nullable: true,
    description:
      'At most 120 lower-case letters, digits and single hyphens between them. Made of the name when not given, with a number where another category has it.',
  })
  @CategorySlug()
  slug?: string | null;

  @Field(() => ID, { nullable: true, description: 'Below which category; at the top without.' })
  @PublicId('cat')
  parentId?: string | null;

  @Field(() => Int, { nullable: true, description: POSITION })
  @Min(0, AT_LEAST_0)
  position?: number | null;
}

@InputType({ description: 'A change to a category. What is left out stays as it is.' })
export class UpdateCategoryInput {
  @Field(() => ID, { description: 'Which category.' })
  @PublicId('cat')
  id!: string;

  @Field(() => Int, { description: 'The version that was read; a stale one is refused.' })
  version!: number;

  @Field(() => String, {
    nullable: true,
    description: '1 to 120 characters. The slug stays: pages have it in their addresses.',
  })
  @NotNull()
  @Text({ min: 1, max: 120 })
  name?: string;

  @Field(() => String, {
    nullable: true,
    description: 'At most 120 lower-case letters, digits and single hyphens between them.',
  })
  @NotNull()
  @CategorySlug()
  slug?: string;
}

@InputType({ description: 'Where a category goes, with all that is below it.' })
export class MoveCategoryInput {
  @Field(() => ID, { description: 'Which category.' })
  @PublicId('cat')
  id!: string;

  @Field(() => Int, { description: 'The version that was read; a stale one is refused.' })
  version!: number;

  @Field(() => ID, {
    nullable: true,
    description:
      'Below which category; null for the top. When left out, it stays below the same one.',
  })
  @PublicId('cat')
  parentId?: string | null;

  @Field(() => Int, { nullable: true, description: POSITION })
  @Min(0, AT_LEAST_0)
  position?: number | null;
}

@InputType({ description: 'Which category, in the state that was read.' })
export class CategoryVersionInput {
  @Field(() => ID, { description: 'Which category.' })
  @PublicId('cat')
  id!: string;

  @Field(() => Int, { description: 'The version that was read; a stale one is refused.' })
  version!: number;
}

export const CategoryOrder = orderType('CategoryOrder', {
  of: 'categories',
  by: {
    POSITION: 'The position among its siblings.',
    NAME: 'The name.',
  },
  direction: OrderDirection.ASC,
});
export type CategoryOrder = InstanceType<typeof CategoryOrder>;

@InputType({
  description: 'Which categories a list shows. All conditions that are given must hold.',
})
export class CategoryFilter {
  @Field(() => ID, { nullable: true, description: 'Directly below this category.' })
  @PublicId('cat')
  parentId?: string | null;

  @Field(() => Boolean, {
    nullable: true,
    description: 'true: at the top. false: below another category.',
  })
  topLevel?: boolean | null;

  @Field(() => String, {
    nullable: true,
    description: 'With this in the name, in upper or lower case.',
  })
  @Text({ min: 1, max: 120 })
  search?: string | null;
}
