import { Extensions, Field, Int, ObjectType, registerEnumType } from 'type-graphql';
import { connectionType, Node, type NodeExtensions } from '../../shared/graphql/index.js';

export enum StockMovementKind {
  RECEIPT = 'receipt',
  SALE = 'sale',
  RETURN = 'return',
  CORRECTION = 'correction',
}

registerEnumType(StockMovementKind, {
  name: 'StockMovementKind',
  description: 'Why stock has changed.',
  valuesConfig: {
    RECEIPT: { description: 'Units came in.' },
    SALE: { description: 'Units were sold.' },
    RETURN: { description: 'Units that had been sold came back.' },
    CORRECTION: {
      description: 'Somebody has counted, or found more or fewer than there should be.',
    },
  },
});

@ObjectType({
  implements: Node,
  description:
    'Units of a product that came into stock, or went out of it. It is written once, and never changed.',
  simpleResolvers: true,
})
@Extensions({ idPrefix: 'move' } satisfies NodeExtensions)
export class StockMovement extends Node {
  @Field(() => StockMovementKind, { description: 'Why.' })
  kind!: string;

  @Field(() => Int, { description: 'Units that came; negative for those that went.' })
  quantity!: number;

  @Field(() => Int, { description: 'How many there were afterwards.' })
  onHand!: number;

  @Field({ description: 'At most 500 characters; may be empty.' })
  note!: string;

  @Field({ description: 'When it happened.' })
  createdAt!: Date;
}

export const StockMovementConnection = connectionType('StockMovement', () => StockMovement);
