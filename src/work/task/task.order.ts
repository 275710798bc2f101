import { Field, InputType, registerEnumType } from 'type-graphql';
import { OrderDirection } from '../../shared/graphql/index.js';

export enum TaskOrderField {
  CREATED_AT = 'CREATED_AT',
  DUE_AT = 'DUE_AT',
  PRIORITY = 'PRIORITY',
  TITLE = 'TITLE',
  UPDATED_AT = 'UPDATED_AT',
}

registerEnumType(TaskOrderField, {
  name: 'TaskOrderField',
  description: 'What a list of tasks can be ordered by.',
  valuesConfig: {
    CREATED_AT: { description: 'When the task was made.' },
    DUE_AT: { description: 'When it has to be done; those without a date come last.' },
    PRIORITY: { description: 'How much it presses.' },
    TITLE: { description: 'The title.' },
    UPDATED_AT: { description: 'When the task was last changed.' },
  },
});

@InputType({ description: 'The order of a list of tasks.' })
export class TaskOrder {
  @Field(() => TaskOrderField, { description: 'What to order by.' })
  field!: TaskOrderField;

  @Field(() => OrderDirection, {
    defaultValue: OrderDirection.ASC,
    description: 'Which end first.',
  })
  direction!: OrderDirection;
}

export const DEFAULT_TASK_ORDER: TaskOrder = {
  field: TaskOrderField.CREATED_AT,
  direction: OrderDirection.ASC,
};
