import { type ClassType, Field, InputType, registerEnumType } from 'type-graphql';
import { OrderDirection } from './order-direction.type.js';

/** The order of a list as the API takes it. */
export interface Order<Name extends string> {
  field: Name;
  direction: OrderDirection;
}

export interface OrderType<Name extends string> extends ClassType<Order<Name>> {
  readonly default: Order<Name>;
  /** The order with a direction, where a client has left it out. */
  directed(order: { field: Name; direction?: OrderDirection | null }): Order<Name>;
}

/**
 * The input type of a list's order: `TaskOrder`, with its enum `TaskOrderField`.
 *
 * @param options.of what the list is of: `tasks`
 * @param options.by what can be ordered by, with what that is; a list is ordered by the first, where its client
 *   says nothing
 * @param options.direction which end is first, where the client does not say; where that depends on what a list is ordered by,
 *   for each of them, and `directed` tells
 */
export function orderType<Name extends string>(
  name: string,
  options: {
    of: string;
    by: Record<Name, string>;
    direction: OrderDirection | Record<Name, OrderDirection>;
  },
): OrderType<Name> {
  const { of, by, direction } = options;
  const names = Object.keys(by) as Name[];
  const fields = Object.fromEntries(names.map((each) => [each, each]));
  registerEnumType(fields, {
    name: `${name}Field`,
    description: `What a list of ${of} can be ordered by.`,
    valuesConfig: Object.fromEntries(names.map((each) => [each, { description: by[each] }])),
  });

  const isAlike = typeof direction === 'string';
  const directed: OrderType<Name>['directed'] = (order) => ({
    field: order.field,
    direction: order.direction ?? (isAlike ? direction : direction[order.field]),
  });

  @InputType(name, { description: `The order of a list of ${of}.` })
  class ListOrder {
    static readonly default = directed({ field: names[0] as Name });
    static readonly directed = directed;

    @Field(() => fields, { description: 'What to order by.' })
    field!: Name;

    @Field(
      () => OrderDirection,
      isAlike
        ? { defaultValue: direction, description: 'Which end first.' }
        : { nullable: true, description: 'Which end first; the usual one when not given.' },
    )
    direction!: OrderDirection;
  }
  return ListOrder;
}
