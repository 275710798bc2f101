import { GraphQLLocalDate } from 'graphql-scalars';
import { Field, InputType, registerEnumType } from 'type-graphql';
import { LocalDay } from './local-day.validator.js';
import { SalesInterval } from './local-days.js';

registerEnumType(SalesInterval, {
  name: 'SalesInterval',
  description: 'What a report sums up.',
  valuesConfig: {
    DAY: { description: "A day of the organization's time zone." },
    WEEK: { description: 'A week of ISO 8601, which begins on Monday.' },
    MONTH: { description: 'A month of the calendar.' },
    QUARTER: { description: 'Three months, from January, April, July or October.' },
    YEAR: { description: 'A year of the calendar.' },
  },
});

export enum SalesGrouping {
  DAY = 'day',
  PRODUCT = 'product',
  CATEGORY = 'category',
  CUSTOMER = 'customer',
}

registerEnumType(SalesGrouping, {
  name: 'SalesGrouping',
  description: 'What a report tells apart beside time.',
  valuesConfig: {
    DAY: { description: 'Nothing else. Days without sales are rows as well.' },
    PRODUCT: { description: 'The products that were sold.' },
    CATEGORY: {
      description:
        'The categories that they stood in when they were ordered, each without those below it.',
    },
    CUSTOMER: { description: 'The users who bought; all who had not signed in are one.' },
  },
});

export enum SalesRanking {
  NET = 'net',
  UNITS = 'units',
}

registerEnumType(SalesRanking, {
  name: 'SalesRanking',
  description: 'What comes first.',
  valuesConfig: {
    NET: { description: 'What brought most, less what was refunded.' },
    UNITS: { description: 'That of which most units were sold, less those refunded.' },
  },
});

@InputType({
  description: "Days of the organization's time zone: at most 3,653, both ends included.",
})
export class DayRangeInput {
  @Field(() => GraphQLLocalDate, { description: 'The first day.' })
  @LocalDay()
  from!: string;

  @Field(() => GraphQLLocalDate, { description: 'The last day; the same for one day.' })
  @LocalDay()
  to!: string;
}
