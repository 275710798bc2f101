import {
  isShopper,
  type RequestContext,
  requireCaller,
  requirePermissions,
} from '../../identity/index.js';
import { notFound, orderStatus, versionConflict } from '../../shared/errors.js';
import { decodeId, encodeId } from '../../shared/ids.js';
import type { Page } from '../../shared/page.js';
import { shown } from '../money/money.type.js';
import type { ChangeOrderInput, RefundOrderInput } from './order.input.js';
import type { OrderList } from './order.list.js';
import { OrderLoader } from './order.loader.js';
import type { ListedOrder, OrderRow, OrderStore } from './order.store.js';
import { OrderStatus } from './order.type.js';
import { nameOf, type OrderMoves } from './order-moves.js';

export class OrderService {
  readonly #orders: OrderStore;
  readonly #moves: OrderMoves;

  constructor(orders: OrderStore, moves: OrderMoves) {
    this.#orders = orders;
    this.#moves = moves;
  }

  /** @throws NOT_FOUND, BAD_USER_INPUT */
  async get(ctx: RequestContext, id: string): Promise<OrderRow> {
    const order = await ctx.use(OrderLoader).byId.load(decodeId('order', id, 'id'));
    if (!order) throw notFound(id);
    return order;
  }

  /** @throws BAD_USER_INPUT for a cursor of another list */
  list(ctx: RequestContext, list: OrderList): Promise<Page<ListedOrder>> {
    return this.#orders.list.page(ctx.tx, list);
  }

  /** @throws ORDER_STATUS, VERSION_CONFLICT, NOT_FOUND, BAD_USER_INPUT */
  async markPaid(ctx: RequestContext, input: ChangeOrderInput): Promise<OrderRow> {
    return this.#move(ctx, await this.#lock(ctx, input), OrderStatus.PAID, input);
  }

  /** @throws ORDER_STATUS, VERSION_CONFLICT, NOT_FOUND, BAD_USER_INPUT */
  async ship(ctx: RequestContext, input: ChangeOrderInput): Promise<OrderRow> {
    return this.#move(ctx, await this.#lock(ctx, input), OrderStatus.SHIPPED, input);
  }

  /** @throws ORDER_STATUS, VERSION_CONFLICT, NOT_FOUND, BAD_USER_INPUT */
  async deliver(ctx: RequestContext, input: ChangeOrderInput): Promise<OrderRow> {
    return this.#move(ctx, await this.#lock(ctx, input), OrderStatus.DELIVERED, input);
  }

  /**
   * Who has placed it may do this until it is paid; else it takes `orders:write`.
   *
   * @throws FORBIDDEN, ORDER_STATUS, VERSION_CONFLICT, NOT_FOUND, BAD_USER_INPUT
   */
  async cancel(ctx: RequestContext, input: ChangeOrderInput): Promise<OrderRow> {
    const isSeen = await this.#orders.isSeen(ctx.tx, decodeId('order', input.id, 'input.id'));
    if (!isSeen) throw notFound(input.id);
    return ctx.tx.asOrganization(() => this.#cancel(ctx, input));
  }

  async #cancel(ctx: RequestContext, input: ChangeOrderInput): Promise<OrderRow> {
    const order = await this.#find(ctx, input);
    const isOwn = order.ownerId === ctx.tx.tenant.userId;
    if (isShopper(ctx)) {
      if (!isOwn) throw notFound(input.id);
      if (order.status !== OrderStatus.PENDING) throw tooLateToCancel(order);
    } else if (!(isOwn && order.status === OrderStatus.PENDING)) {
      requirePermissions(requireCaller(ctx), new Set(['orders:write']));
    }
    requireVersion(order, input);
    return this.#move(ctx, order, OrderStatus.CANCELLED, input);
  }

  /** @throws ORDER_STATUS, VERSION_CONFLICT, NOT_FOUND, BAD_USER_INPUT */
  async refund(ctx: RequestContext, input: RefundOrderInput): Promise<OrderRow> {
    return this.#move(ctx, await this.#lock(ctx, input), OrderStatus.REFUNDED, input);
  }

  #move(
    ctx: RequestContext,
    order: OrderRow,
    to: OrderStatus,
    { note, restock }: Pick<RefundOrderInput, 'note' | 'restock'>,
  ): Promise<OrderRow> {
    const actorId = ctx.caller?.userId ?? null;
    return this.#moves.move(ctx.tx, order, to, { actorId, note, restock });
  }

  /** An order in the version that was read, which nobody else can change before the transaction ends. */
  async #lock(ctx: RequestContext, input: ChangeOrderInput): Promise<OrderRow> {
    const order = await this.#find(ctx, input);
    requireVersion(order, input);
    return order;
  }

  async #find(ctx: RequestContext, { id }: ChangeOrderInput): Promise<OrderRow> {
    const order = await this.#orders.findAndLock(ctx.tx, decodeId('order', id, 'input.id'));
    if (!order) throw notFound(id);
    return order;
  }
}

function requireVersion(order: OrderRow, { version }: ChangeOrderInput): void {
  if (order.version !== version) throw versionConflict(order.version, presentOrder(order));
}

/** Customers and guests have nobody's permission: from then on it is the shop that decides. */
function tooLateToCancel({ status }: OrderRow) {
  return orderStatus(status, 'Only an order that is pending can be cancelled: ask the shop.');
}

/** An order as the API shows it, for `extensions.current` of a conflict. */
function presentOrder(order: OrderRow): object {
  const { ownerId, customerId, cartId, stockReturned, currency, totalAmount, ...shared } = order;
  return {
    ...shared,
    id: encodeId('order', order.id),
    status: nameOf(order.status as OrderStatus),
    customerId: customerId && encodeId('user', customerId),
    total: shown({ amount: totalAmount, currency }),
  };
}
