import { Extensions, Field, Int, ObjectType, registerEnumType } from 'type-graphql';
import { Node, type NodeExtensions } from '../../shared/graphql/index.js';
import { Money } from '../money/money.type.js';

export enum CartItemChangeKind {
  PRICE = 'price',
  UNAVAILABLE = 'unavailable',
  STOCK = 'stock',
}

registerEnumType(CartItemChangeKind, {
  name: 'CartItemChangeKind',
  description: 'What is not any more as the owner of the cart has seen it.',
  valuesConfig: {
    PRICE: { description: 'The product costs more, or less.' },
    UNAVAILABLE: {
      description:
        'The product can not be bought any more, or not in the currency of the cart. It does not count in the total.',
    },
    STOCK: { description: 'There are fewer in stock than are wanted.' },
  },
});

@ObjectType({
  description: 'What has changed about a product since it was put into the cart, or confirmed.',
  simpleResolvers: true,
})
export class CartItemChange {
  @Field(() => CartItemChangeKind, { description: 'What kind of change it is.' })
  kind!: CartItemChangeKind;

  @Field(() => Money, {
    nullable: true,
    description: 'Of PRICE: what one cost then. What it costs now says `unitPrice`.',
  })
  priceThen!: Money | null;

  @Field(() => Int, { nullable: true, description: 'Of STOCK: how many there are.' })
  onHand!: number | null;
}

@ObjectType({ description: 'A product in a cart.', simpleResolvers: true })
export class CartItem {
  @Field(() => Int, { description: 'How many are wanted, from 1 to 9,999.' })
  quantity!: number;

  @Field({ description: 'When it was first put in.' })
  addedAt!: Date;
}

@ObjectType({
  implements: Node,
  description: 'What its owner is about to buy. Nobody else sees it.',
  simpleResolvers: true,
})
@Extensions({ idPrefix: 'cart' } satisfies NodeExtensions)
export class Cart extends Node {
  @Field(() => Date, {
    nullable: true,
    description:
      'When it is forgotten, unless something is done with it before; null for one that is kept.',
  })
  expiresAt!: Date | null;

  @Field({ description: 'When something was last done with it.' })
  updatedAt!: Date;
}
