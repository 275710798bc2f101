import { Field, InputType } from 'type-graphql';
import { Text } from '../../shared/graphql/index.js';
import { CountryCode } from './country-code.type.js';

@InputType({ description: 'Where what was bought is to go.' })
export class ShippingAddressInput {
  @Field({ description: 'Of who receives it: 1 to 120 characters.' })
  @Text({ min: 1, max: 120 })
  name!: string;

  @Field(() => String, { nullable: true, description: 'At most 120 characters.' })
  @Text({ max: 120 })
  company?: string | null;

  @Field({ description: 'Street and number: 1 to 200 characters.' })
  @Text({ min: 1, max: 200 })
  line1!: string;

  @Field(() => String, {
    nullable: true,
    description: 'Floor, flat, building: at most 200 characters.',
  })
  @Text({ max: 200 })
  line2?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'At most 20 characters. Some countries have none.',
  })
  @Text({ max: 20 })
  postalCode?: string | null;

  @Field({ description: '1 to 120 characters.' })
  @Text({ min: 1, max: 120 })
  city!: string;

  @Field(() => String, {
    nullable: true,
    description: 'State, province, prefecture: at most 120 characters.',
  })
  @Text({ max: 120 })
  region?: string | null;

  @Field(() => CountryCode, { description: 'Which country.' })
  country!: string;

  @Field(() => String, {
    nullable: true,
    description: 'For who delivers it: at most 40 characters.',
  })
  @Text({ max: 40 })
  phone?: string | null;
}
