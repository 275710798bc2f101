import { Field } from 'type-graphql';
import { Text } from '../../shared/graphql/index.js';

const LENGTH = { min: 12, max: 128 };

/** A field for a password that an account gets. */
export function NewPassword(): PropertyDecorator {
  const description = `${LENGTH.min} to ${LENGTH.max} characters.`;
  return (target, property) => {
    Field(() => String, { description })(target, property);
    Text(LENGTH)(target, property);
  };
}
