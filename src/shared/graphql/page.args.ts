import { ArgsType, Field, Int } from 'type-graphql';
import { badField, badUserInput } from '../errors.js';
import { DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE, type PageRequest } from '../page.js';

@ArgsType()
export class PageArgs {
  @Field(() => Int, {
    nullable: true,
    description: 'Size of the page, 1 to 100; 20 when not given.',
  })
  first?: number | null;

  @Field(() => String, { nullable: true, description: 'Start behind this cursor.' })
  after?: string | null;

  @Field(() => Int, {
    nullable: true,
    description: 'Size of the page, 1 to 100, counted from the end.',
  })
  last?: number | null;

  @Field(() => String, { nullable: true, description: 'End before this cursor.' })
  before?: string | null;
}

/** @throws BAD_USER_INPUT for a size outside 1 to 100 and for pairs that contradict each other */
export function toPageRequest({ first, after, last, before }: PageArgs): PageRequest {
  const backward = last != null || before != null;
  if (backward && (first != null || after != null)) {
    throw badUserInput([
      {
        path: last != null ? 'last' : 'before',
        message: 'Page either forward (first, after) or backward (last, before), not both.',
      },
    ]);
  }
  const limit = (backward ? last : first) ?? DEFAULT_PAGE_SIZE;
  if (limit < 1 || limit > MAX_PAGE_SIZE) {
    throw badField(backward ? 'last' : 'first', `Must be 1 to ${MAX_PAGE_SIZE}.`);
  }
  return { limit, backward, cursor: (backward ? before : after) ?? null };
}
