import { OrderDirection, orderType } from '../../shared/graphql/index.js';

export const TaskOrder = orderType('TaskOrder', {
  of: 'tasks',
  by: {
    CREATED_AT: 'When the task was made.',
    DUE_AT: 'When it has to be done; those without a date come last.',
    PRIORITY: 'How much it presses.',
    TITLE: 'The title.',
    UPDATED_AT: 'When the task was last changed.',
  },
  direction: OrderDirection.ASC,
});
export type TaskOrder = InstanceType<typeof TaskOrder>;
