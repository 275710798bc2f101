// Decorators need it before the first of them runs.
import 'reflect-metadata';

export { sortArguments } from './argument-order.js';
export { validateArgument } from './argument-validation.js';
export { authorizedFields } from './authorized-fields.js';
export { connectionType, countOnDemand } from './connection.type.js';
export { Moment, momentFault } from './date.validator.js';
export { DateTime } from './date-time.type.js';
export { faultRule } from './fault-rule.js';
export type { Feature } from './feature.js';
export { PublicId } from './id.validator.js';
export { FilterArg, OrderArg } from './list-arguments.js';
export { type ListDemand, listDemand } from './list-demand.js';
export type { ListExtensions } from './list-extensions.js';
export { NodeResolver } from './node.resolver.js';
export { exposePublicIds, Node, type NodeExtensions } from './node.type.js';
export { type FoundNode, NodeSources } from './node-sources.js';
export { NotNull } from './not-null.validator.js';
export { orderType } from './order.type.js';
export { OrderDirection } from './order-direction.type.js';
export { PageArgs, toPageRequest } from './page.args.js';
export { Text, textFault } from './text.validator.js';
export { WebUrl } from './url.type.js';
