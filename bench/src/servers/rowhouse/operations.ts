import type { Call } from '../../calls.ts';
import { encodeId } from '../../product.ts';

/** The body of a GraphQL request. */
export interface Operation {
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
}

const POINT_READ = 'query Project($id: ID!) { project(id: $id) { id name version } }';

const LIST = `query Pending($first: Int!, $after: String, $projectId: ID) {
  tasks(first: $first, after: $after, filter: { projectId: $projectId, status: [PENDING] }) {
    nodes { id title status version createdAt }
    pageInfo { hasNextPage endCursor }
  }
}`;

const NESTED_LIST = `query Board {
  projects(first: 20) {
    nodes {
      id
      name
      owner { id name }
      tasks(first: 5) { nodes { id title assignee { id name } } }
    }
  }
}`;

const UPDATE =
  'mutation Rename($input: UpdateTaskInput!) { updateTask(input: $input) { id title version } }';

const CREATE =
  'mutation Add($input: CreateTaskInput!) { createTask(input: $input) { id title version } }';

const SEARCH = `query Search($text: String!) {
  tasks(first: 20, filter: { text: $text }) { nodes { id title } }
}`;

const CATALOG = `query Catalog($filter: ProductFilter!, $orderBy: ProductOrder!) {
  products(first: 20, filter: $filter, orderBy: $orderBy) {
    nodes { id sku name price { amount currency } stock { onHand } category { id name } }
  }
  productFacets(filter: $filter) { categories { category { id name } count } }
}`;

const ADD_CART_ITEM =
  'mutation Fill($input: AddCartItemInput!) { addCartItem(input: $input) { id } }';

const PLACE_ORDER =
  'mutation Order($input: PlaceOrderInput!) { placeOrder(input: $input) { id number } }';

const CATALOG_ORDERS = { relevance: 'RELEVANCE', 'best-selling': 'BEST_SELLING' } as const;

/** What a client of the product would send. */
export function toOperation(call: Call): Operation {
  switch (call.kind) {
    case 'point-read':
      return { query: POINT_READ, variables: { id: encodeId('proj', call.projectId) } };
    case 'list': {
      const { first, after, projectId } = call;
      const inProject = projectId === null ? {} : { projectId: encodeId('proj', projectId) };
      return { query: LIST, variables: { first, after, ...inProject } };
    }
    case 'nested-list':
      return { query: NESTED_LIST, variables: {} };
    case 'update': {
      const { taskId, version, title } = call;
      return {
        query: UPDATE,
        variables: { input: { id: encodeId('task', taskId), version, title } },
      };
    }
    case 'create': {
      const { projectId, title } = call;
      return {
        query: CREATE,
        variables: { input: { projectId: encodeId('proj', projectId), title } },
      };
    }
    case 'search':
      return { query: SEARCH, variables: { text: call.text } };
    case 'catalog-search': {
      const { categoryId, text, order } = call;
      const filter = { categoryId: encodeId('cat', categoryId), text, active: true, inStock: true };
      return { query: CATALOG, variables: { filter, orderBy: { field: CATALOG_ORDERS[order] } } };
    }
    case 'add-cart-item': {
      const { productId, quantity } = call;
      return {
        query: ADD_CART_ITEM,
        variables: { input: { productId: encodeId('prod', productId), quantity } },
      };
    }
    case 'place-order': {
      const { idempotencyKey, email, shippingAddress } = call;
      return {
        query: PLACE_ORDER,
        variables: { input: { idempotencyKey, email, shippingAddress } },
      };
    }
  }
}
