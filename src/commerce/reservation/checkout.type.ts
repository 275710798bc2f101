import { Field, Int, ObjectType } from 'type-graphql';

@ObjectType({
  description: 'What is kept for the cart of who asks while they check out.',
  simpleResolvers: true,
})
export class Checkout {
  @Field(() => Date, {
    description: 'Until when it is kept; for one that has ended, when that was.',
  })
  expiresAt!: Date;

  @Field(() => Date, {
    description: 'However often it is renewed, nothing is kept for longer than until then.',
  })
  renewableUntil!: Date;
}

@ObjectType({ description: 'A product that is kept for a cart.', simpleResolvers: true })
export class CheckoutItem {
  @Field(() => Int, { description: 'How many, 1 to 9,999.' })
  quantity!: number;
}
