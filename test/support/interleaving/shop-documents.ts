/** Where it stands, `$staff` says whether the staff asks: what is not for shoppers would fail all of their answer. */
export const PRODUCT_FIELDS = `id version sku name description active createdAt updatedAt
  price { amount currency } category { id name } stock { onHand unitsSold }
  ... @include(if: $staff) { deletedAt stock { reserved available isLow } }`;

export const CART_FIELDS = `id totalQuantity hasChanges total { amount currency } items { productId quantity
  unitPrice { amount } product { id name } changes { kind } }`;

export const ORDER_FIELDS = `id version number status email placedAt paidAt shippedAt deliveredAt cancelledAt
  refundedAt updatedAt shippingAddress { name line1 } total { amount currency }`;

export const PAYMENT_FIELDS = 'id status reference orderId amount { amount }';

const WHOLE_ORDER = `${ORDER_FIELDS} items { sku name quantity product { id name } }
  history { id status note } payments { ${PAYMENT_FIELDS} }`;

const PAGED = 'totalCount pageInfo { endCursor hasNextPage }';

export const CATALOG = `query ($staff: Boolean!, $first: Int, $after: String, $orderBy: ProductOrder!, $filter: ProductFilter) {
  products(first: $first, after: $after, orderBy: $orderBy, filter: $filter) {
    ${PAGED} edges { cursor node { ${PRODUCT_FIELDS} } } }
}`;

export const FACETS = `query ($staff: Boolean!, $filter: ProductFilter) {
  productFacets(filter: $filter) { categories { category { id name } count } currencies { currency count }
    stock { in out } active { active inactive } metadata(key: "colour") { value count } }
  categories(first: 5) { nodes { id name slug products(first: 3) { nodes { ${PRODUCT_FIELDS} } } } }
}`;

export const PRODUCT = `query ($staff: Boolean!, $id: ID!) { product(id: $id) { ${PRODUCT_FIELDS} } }`;

export const BY_SKU = `query ($staff: Boolean!, $sku: String!) { productBySku(sku: $sku) { ${PRODUCT_FIELDS} } }`;

export const CART = `{ cart { ${CART_FIELDS} } checkout { expiresAt items { quantity productId product { name } } } }`;

export const CONFIRM_CART = `mutation { confirmCart { ${CART_FIELDS} } }`;

export const BEGIN_CHECKOUT =
  'mutation { beginCheckout { expiresAt items { quantity productId product { name } } } }';

export const END_CHECKOUT = 'mutation { endCheckout { items { quantity productId } } }';

export const OWN_ORDERS = `query ($first: Int, $after: String) {
  orders(first: $first, after: $after, orderBy: { field: NUMBER, direction: DESC }) {
    ${PAGED} edges { cursor node { ${WHOLE_ORDER} } } }
}`;

export const ALL_ORDERS = `query ($first: Int, $filter: OrderFilter) {
  orders(first: $first, filter: $filter) { totalCount edges { cursor node { ${WHOLE_ORDER} customer { id email } } } }
  payments(first: 5) { nodes { ${PAYMENT_FIELDS} problem } }
  stockMovements(first: 5) { nodes { id kind quantity onHand note product { id name } } }
}`;

export const SALES = `query ($range: DayRangeInput!) {
  byCustomer: salesReport(range: $range, currency: "EUR", groupBy: CUSTOMER) {
    rows { orders gross { amount } customerId customer { id email } } total { orders gross { amount } } }
  byProduct: salesReport(range: $range, currency: "EUR", groupBy: PRODUCT, interval: MONTH) {
    rows { orders units product { id name } } }
  topProducts(range: $range, currency: "EUR", first: 3) { units product { id name } }
  cartConversion(range: $range) { opened ordered }
  stockTurnover(range: $range) { unitsSold }
  lowStockProducts(first: 3) { nodes { id name } }
  stockDiscrepancies { onHand sumOfMovements product { id } }
}`;

export const ANY_NODES = `query ($staff: Boolean!, $ids: [ID!]!) { nodes(ids: $ids) { id
  ... on Product { ${PRODUCT_FIELDS} } ... on Category { name slug } ... on User { email }
  ... on Cart { totalQuantity cartItems: items { productId product { name } } } ... on Order { ${WHOLE_ORDER} }
  ... on OrderEvent { status note } ... on Payment { paymentStatus: status reference orderId }
  ... on StockMovement { movementNote: note } } }`;

export const ONE_ORDER = `query ($id: ID!) { order(id: $id) { ${WHOLE_ORDER} } }`;

export const ONE_PAYMENT = `query ($id: ID!) { payment(id: $id) { ${PAYMENT_FIELDS} } }`;

/** Refused to shoppers as a whole. */
export const FOR_STAFF = [
  '{ tasks { totalCount nodes { id title } } }',
  '{ users { nodes { id email } } }',
  '{ stockMovements(first: 3) { nodes { id note } } }',
  '{ products(first: 2) { nodes { stockMovements(first: 2) { nodes { note } } } } }',
  '{ lowStockProducts(first: 3) { nodes { id } } }',
  '{ stockDiscrepancies { onHand } }',
  '{ payments(first: 3) { nodes { id reference } } }',
];
