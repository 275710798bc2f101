import { type ClassType, Field, InputType, registerEnumType } from 'type-graphql';
import { OrderDirection } from './order-direction.type.js';

/** The order of a list as the API takes it. */
export interface Order<Name extends string> {
  field: Name;
  direction: OrderDirection;
}

/**
 * The input type of a list's order: `TaskOrder`, with its enum `TaskOrderField`.
 *
 * @param options.of what the list is of: `tasks`
 * @param options.by what can be ordered by, with what that is; a list is ordered by the first, where its client
 *   says nothing
 * @param options.direction which end is first, where the client does not say
 */
export function orderType<Name extends string>(
  name: string,
  options: { of: string; by: Record<Name, string>; direction: OrderDirection },
): ClassType<Order<Name>> & { readonly default: Order<Name> } {
  const { of, by, direction } = options;
  const names = Object.keys(by) as Name[];
  const fields = Object.fromEntries(names.map((each) => [each, each]));
  registerEnumType(fields, {
    name: `${name}Field`,
    description: `What a list of ${of} can be ordered by.`,
    valuesConfig: Object.fromEntries(names.map((each) => [each, { description: by[each] }])),
  });

  @InputType(name, { description: `The order of a list of ${of}.` })
  class ListOrder {
    static readonly default: Order<Name> = { field: names[0] as Name, direction };

    @Field(() => fields, { description: 'What to order by.' })
    field!: Name;

    @Field(() => OrderDirection, { defaultValue: direction, description: 'Which end first.' })
    direction!: OrderDirection;
  }
  return ListOrder;
}
