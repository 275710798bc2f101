import { createHash } from 'node:crypto';
import { v7 as uuidV7 } from 'uuid';
import type { PlaceOrder } from '../../calls.ts';
import { decodeCursor } from '../shared/cursor.ts';
import {
  ADD_CART_ITEM,
  CLAIM_KEY,
  catalogStatement,
  LOCK_CART,
  PLACE_ORDER,
  TAKE_STOCK,
} from './shop-statements.ts';
import {
  CREATE,
  listStatement,
  NESTED_LIST,
  POINT_READ,
  SEARCH,
  type Statement,
  UPDATE,
} from './statements.ts';
import type { Access, Step } from './transaction.ts';

const TASKS_OF_EACH = 5;

/** What a request comes down to. */
export interface Question {
  readonly access: Access;
  /** The last one answers it. */
  readonly steps: readonly Step[];
  /** HTTP status when there is no row. */
  readonly whenMissing: 404 | 409;
}

/**
 * @returns null when there is no such request
 * @throws SyntaxError when the body is no JSON
 */
export function route(method: string, url: string, body: string): Question | null {
  const [path = '', query = ''] = url.split('?', 2);
  const [, collection, id] = path.split('/', 3);
  switch (`${method} ${collection}`) {
    case 'GET projects':
      return id ? read(POINT_READ, [id]) : read(NESTED_LIST, [TASKS_OF_EACH]);
    case 'GET tasks':
      return list(new URLSearchParams(query));
    case 'GET search':
      return read(SEARCH, [new URLSearchParams(query).get('text')]);
    case 'GET catalog': {
      const asked = new URLSearchParams(query);
      const statement = catalogStatement(asked.get('order'));
      return statement && read(statement, [asked.get('categoryId'), asked.get('text')]);
    }
    case 'PATCH tasks': {
      const { version, title } = JSON.parse(body);
      return write(UPDATE, [id, version, title]);
    }
    case 'POST tasks': {
      const { projectId, title } = JSON.parse(body);
      return write(CREATE, [uuidV7(), projectId, title]);
    }
    case 'POST cart': {
      const { productId, quantity } = JSON.parse(body);
      return write(ADD_CART_ITEM, [uuidV7(), productId, quantity]);
    }
    case 'POST orders':
      return placeOrder(JSON.parse(body));
    default:
      return null;
  }
}

function placeOrder({ idempotencyKey, email, shippingAddress }: PlaceOrder): Question {
  const orderId = uuidV7();
  const hash = createHash('sha256')
    .update(`${email} ${stored(shippingAddress)}`)
    .digest();
  const steps = [
    { statement: CLAIM_KEY, values: [idempotencyKey, hash, orderId] },
    { statement: LOCK_CART, values: [] },
    { statement: TAKE_STOCK, values: [orderId] },
    { statement: PLACE_ORDER, values: [orderId, email, stored(shippingAddress)] },
  ];
  return { access: 'write', steps, whenMissing: 409 };
}

/** As the product stores it: each property is there, whether given or not. */
function stored(address: PlaceOrder['shippingAddress']): string {
  return JSON.stringify({ company: null, line2: null, region: null, phone: null, ...address });
}

function list(query: URLSearchParams): Question | null {
  const projectId = query.get('projectId');
  const after = query.get('after');
  const values = [query.get('status'), query.get('first')];
  if (projectId !== null) values.push(projectId);
  if (after !== null) {
    const position = decodeCursor(after);
    if (!position) return null;
    values.push(position.createdAt, position.id);
  }
  const page = { inProject: projectId !== null, after: after !== null };
  return read(listStatement(page), values);
}

function read(statement: Statement, values: readonly unknown[]): Question {
  return { access: 'read', steps: [{ statement, values }], whenMissing: 404 };
}

function write(statement: Statement, values: readonly unknown[]): Question {
  return { access: 'write', steps: [{ statement, values }], whenMissing: 409 };
}
