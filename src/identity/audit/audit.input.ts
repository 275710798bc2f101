import { Field, ID, InputType, registerEnumType } from 'type-graphql';
import { Moment, OrderDirection, PublicId } from '../../shared/graphql/index.js';
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

export enum AuditEventOrderField {
  OCCURRED_AT = 'OCCURRED_AT',
}

registerEnumType(AuditEventOrderField, {
  name: 'AuditEventOrderField',
  description: 'What a list of events can be ordered by.',
  valuesConfig: { OCCURRED_AT: { description: 'When it happened.' } },
});

@InputType({ description: 'The order of a list of events.' })
export class AuditEventOrder {
  @Field(() => AuditEventOrderField, { description: 'What to order by.' })
  field!: AuditEventOrderField;

  @Field(() => OrderDirection, {
    defaultValue: OrderDirection.DESC,
    description: 'Which end first.',
  })
  direction!: OrderDirection;
}
