/** Where it stands, `$staff` says whether the staff asks: what is not for shoppers would fail all of their answer. */
const PRODUCT = `id version sku name description active createdAt updatedAt metadata
  price { amount currency } stock { onHand unitsSold }
  ... @include(if: $staff) { deletedAt stock { reserved available isLow lowStockThreshold lowSince } }`;
const CART = `id expiresAt updatedAt totalQuantity hasChanges total { amount currency } items { productId quantity
  addedAt unitPrice { amount } product { id name } changes { kind onHand priceThen { amount } } }`;
const CHECKOUT = 'expiresAt renewableUntil items { productId quantity product { id name } }';
const PAYMENT = 'id status provider reference failure createdAt orderId amount { amount currency }';
const ORDER = `id version number status email placedAt paidAt cancelledAt updatedAt total { amount currency }
  shippingAddress { name line1 } items { sku name quantity product { id } }
  history { id status note occurredAt actorId } payments { ${PAYMENT} }`;
const PAGE = 'totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor }';
const PAGED = '$first: Int, $after: String, $last: Int, $before: String';
const AT = 'first: $first, after: $after, last: $last, before: $before';

/** What `node` shows beside tasks, projects and users; what they have as well, of another type, by another name. */
export const SHOP_NODES = `... on Product { ${PRODUCT} }
  ... on Cart { totalQuantity cartItems: items { productId quantity product { name } } }
  ... on Order { version number orderStatus: status shippingAddress { name } orderItems: items { name product { id } } }
  ... on Payment { paymentStatus: status reference orderId }`;

export const SHOP_QUERIES = {
  products: `query ($staff: Boolean!, ${PAGED}, $orderBy: ProductOrder!, $filter: ProductFilter) {
    products(${AT}, orderBy: $orderBy, filter: $filter) { ${PAGE} edges { cursor node { ${PRODUCT} } } }
  }`,
  product: `query ($staff: Boolean!, $id: ID!) { product(id: $id) { ${PRODUCT} } }`,
  productBySku: `query ($staff: Boolean!, $sku: String!) { productBySku(sku: $sku) { ${PRODUCT} } }`,
  productFacets: `query ($filter: ProductFilter) { productFacets(filter: $filter) {
    currencies { currency count min { amount } max { amount } } stock { in out } active { active inactive }
    metadata(key: "colour") { value count } categories { category { id name } count } } }`,
  cart: `{ cart { ${CART} } checkout { ${CHECKOUT} } }`,
  orders: `query (${PAGED}, $orderBy: OrderOrder!, $filter: OrderFilter) {
    orders(${AT}, orderBy: $orderBy, filter: $filter) { ${PAGE} edges { cursor node { ${ORDER} } } }
  }`,
  order: `query ($id: ID!) { order(id: $id) { ${ORDER} } }`,
  payment: `query ($id: ID!) { payment(id: $id) { ${PAYMENT} } }`,
  stock: `query (${PAGED}, $filter: StockMovementFilter) {
    stockMovements(${AT}, filter: $filter) { ${PAGE} edges { cursor node {
      id kind quantity onHand note createdAt actorId product { id name } } } }
    lowStockProducts(first: 5) { totalCount nodes { id name } } stockDiscrepancies { onHand }
    payments(first: 5) { totalCount nodes { ${PAYMENT} problem } }
  }`,
  sales: `{ salesReport(range: { from: "2020-01-01", to: "2029-12-31" }, currency: "EUR", groupBy: PRODUCT) {
    rows { orders units gross { amount } refunded { amount } product { id name } } total { orders net { amount } } } }`,
} as const;

export const SHOP_MUTATIONS = {
  createProduct: { input: 'CreateProductInput', selection: PRODUCT },
  updateProduct: { input: 'UpdateProductInput', selection: PRODUCT },
  deleteProduct: { input: 'ProductVersionInput', selection: PRODUCT },
  restoreProduct: { input: 'ProductVersionInput', selection: PRODUCT },
  receiveStock: { input: 'ReceiveStockInput', selection: PRODUCT },
  correctStock: { input: 'CorrectStockInput', selection: PRODUCT },
  setLowStockThreshold: { input: 'SetLowStockThresholdInput', selection: PRODUCT },
  addCartItem: { input: 'AddCartItemInput', selection: CART },
  updateCartItem: { input: 'UpdateCartItemInput', selection: CART },
  removeCartItem: { input: 'RemoveCartItemInput', selection: CART },
  clearCart: { input: null, selection: CART },
  confirmCart: { input: null, selection: CART },
  beginCheckout: { input: null, selection: CHECKOUT },
  endCheckout: { input: null, selection: CHECKOUT },
  placeOrder: { input: 'PlaceOrderInput', selection: ORDER },
  markOrderPaid: { input: 'ChangeOrderInput', selection: ORDER },
  shipOrder: { input: 'ChangeOrderInput', selection: ORDER },
  cancelOrder: { input: 'ChangeOrderInput', selection: ORDER },
  refundOrder: { input: 'RefundOrderInput', selection: ORDER },
  payOrder: { input: 'PayOrderInput', selection: PAYMENT },
} as const;
