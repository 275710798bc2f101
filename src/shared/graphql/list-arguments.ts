import { Arg, type ClassType } from 'type-graphql';
import type { Order } from './order.type.js';

/**
 * The argument `filter` of a list.
 *
 * @param of what the list is of: `tasks`
 */
export function FilterArg(filter: ClassType, of: string): ParameterDecorator {
  return Arg('filter', () => filter, {
    nullable: true,
    description: `Which ${of}; all without.`,
  }) as ParameterDecorator;
}

/** The argument `orderBy` of a list. @param order made by `orderType` */
export function OrderArg(
  order: ClassType & { readonly default: Order<string> },
): ParameterDecorator {
  return Arg('orderBy', () => order, {
    defaultValue: order.default,
    description: 'In which order.',
  }) as ParameterDecorator;
}
