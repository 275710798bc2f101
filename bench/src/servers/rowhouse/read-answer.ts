import type { Answer, Call, CatalogPage, NestedProject, TaskAnswer } from '../../calls.ts';
import { decodeId } from '../../product.ts';

interface Nodes<Node> {
  readonly nodes: readonly Node[];
}

type Task = Pick<TaskAnswer, 'id' | 'title'>;

/** What each operation of `operations.ts` is answered with; null is what a failed field leaves. */
interface Data {
  readonly project: { id: string; name: string; version: number } | null;
  readonly tasks: Nodes<TaskAnswer> & {
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
  };
  readonly projects: Nodes<
    Omit<NestedProject, 'tasks'> & { readonly tasks: Nodes<NestedProject['tasks'][number]> }
  >;
  readonly updateTask: Task & { readonly version: number };
  readonly createTask: Task & { readonly version: number };
  readonly addCartItem: { readonly id: string };
  readonly placeOrder: { readonly id: string; readonly number: number };
  readonly products: Nodes<Product>;
  readonly productFacets: {
    readonly categories: readonly { readonly category: Category; readonly count: number }[];
  };
}

type Category = NonNullable<Product['category']>;
type Product = Omit<CatalogPage['products'][number], 'onHand'> & {
  readonly stock: { readonly onHand: number };
};

/** @throws Error with the body when it holds errors, or nothing where the call's answer should be */
export function readAnswer(call: Call, body: string): Answer {
  const { data, errors } = JSON.parse(body) as { data?: Data | null; errors?: unknown };
  if (errors !== undefined || !data) throw new Error(body);
  switch (call.kind) {
    case 'point-read':
      if (data.project === null) throw new Error(body);
      return { ...data.project, id: decodeId('proj', data.project.id, 'id') };
    case 'list': {
      const tasks = data.tasks.nodes.map((task) => ({
        ...withTaskId(task),
        status: task.status.toLowerCase(),
      }));
      return { tasks, ...data.tasks.pageInfo };
    }
    case 'nested-list':
      return data.projects.nodes.map(({ tasks, owner, ...project }) => ({
        ...project,
        id: decodeId('proj', project.id, 'id'),
        owner: withUserId(owner),
        tasks: tasks.nodes.map((task) => ({
          ...withTaskId(task),
          assignee: task.assignee && withUserId(task.assignee),
        })),
      }));
    case 'update':
      return withTaskId(data.updateTask);
    case 'create':
      return withTaskId(data.createTask);
    case 'search':
      return data.tasks.nodes.map(withTaskId);
    case 'catalog-search':
      return {
        products: data.products.nodes.map(({ id, stock, category, ...product }) => ({
          ...product,
          ...stock,
          id: decodeId('prod', id, 'id'),
          category: category && withCategoryId(category),
        })),
        categories: data.productFacets.categories.map(({ category, count }) => ({
          ...withCategoryId(category),
          count,
        })),
      };
    case 'add-cart-item':
      return { cartId: decodeId('cart', data.addCartItem.id, 'id') };
    case 'place-order': {
      const { id, number } = data.placeOrder;
      return { orderId: decodeId('order', id, 'id'), number };
    }
  }
}

function withTaskId<Row extends { readonly id: string }>(task: Row): Row {
  return { ...task, id: decodeId('task', task.id, 'id') };
}

function withCategoryId(category: Category): Category {
  return { ...category, id: decodeId('cat', category.id, 'id') };
}

function withUserId<Row extends { readonly id: string }>(user: Row): Row {
  return { ...user, id: decodeId('user', user.id, 'id') };
}
