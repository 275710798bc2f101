import { Field, ObjectType } from 'type-graphql';
import { CountryCode } from './country-code.type.js';

@ObjectType({ description: 'Where an order goes.', simpleResolvers: true })
export class ShippingAddress {
  @Field({ description: 'Of who receives it.' })
  name!: string;

  @Field(() => String, { nullable: true, description: 'Null where none was given.' })
  company!: string | null;

  @Field({ description: 'Street and number.' })
  line1!: string;

  @Field(() => String, { nullable: true, description: 'Floor, flat, building.' })
  line2!: string | null;

  @Field(() => String, { nullable: true, description: 'Null where none was given.' })
  postalCode!: string | null;

  @Field({ description: 'Which city.' })
  city!: string;

  @Field(() => String, { nullable: true, description: 'State, province, prefecture.' })
  region!: string | null;

  @Field(() => CountryCode, { description: 'Which country.' })
  country!: string;

  @Field(() => String, { nullable: true, description: 'For who delivers it.' })
  phone!: string | null;
}
