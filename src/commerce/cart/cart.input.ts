import { Field, ID, InputType, Int } from 'type-graphql';
import { PublicId } from '../../shared/graphql/index.js';
import { CartQuantity } from './quantity.validator.js';

@InputType({ description: 'What goes into the cart.' })
export class AddCartItemInput {
  @Field(() => ID, { description: 'Which product.' })
  @PublicId('prod')
  productId!: string;

  @Field(() => Int, {
    description: 'How many more, from 1 to 9,999; with those that are in the cart, at most 9,999.',
  })
  @CartQuantity()
  quantity!: number;
}

@InputType({ description: 'How many of a product the cart is to have.' })
export class UpdateCartItemInput {
  @Field(() => ID, { description: 'Which product; one that is in the cart.' })
  @PublicId('prod')
  productId!: string;

  @Field(() => Int, { description: 'How many in all, from 1 to 9,999.' })
  @CartQuantity()
  quantity!: number;
}

@InputType({ description: 'What goes out of the cart.' })
export class RemoveCartItemInput {
  @Field(() => ID, { description: 'Which product; one that is in the cart.' })
  @PublicId('prod')
  productId!: string;
}
