import { Field, ID, InputType } from 'type-graphql';
import { Moment, OrderDirection, orderType, PublicId } from '../../shared/graphql/index.js';
import { AuditEventKind } from './audit.type.js';

@InputType({ description: 'Which events a list shows. All conditions that are given must hold.' })
export class AuditEventFilter {
  @Field(() => [AuditEventKind], { nullable: true, description: 'Of one of these kinds.' })
  kind?: AuditEventKind[] | null;

  @Field(() => ID, { nullable: true, description: 'Done by this user, who may be removed by now.' })
  @PublicId('user')
  actorId?: string | null;

  @Field(() => ID, { nullable: true, description: 'About this user, who may be removed by now.' })
  @PublicId('user')
  subjectId?: string | null;

  @Field(() => Date, { nullable: true, description: 'At this moment or after it.' })
  @Moment()
  since?: Date | null;

  @Field(() => Date, { nullable: true, description: 'Before this moment.' })
  @Moment()
  until?: Date | null;
}

export const AuditEventOrder = orderType('AuditEventOrder', {
  of: 'events',
  by: { OCCURRED_AT: 'When it happened.' },
  direction: OrderDirection.DESC,
});
export type AuditEventOrder = InstanceType<typeof AuditEventOrder>;
