/** Units of one product in a cart; the table says so as well. */
export const MOST_OF_PRODUCT = 9_999;

/**
 * Products in a cart, and so in a checkout and an order. Even the dearest, as many as there can be, come to a sum that is
 * still exact.
 */
export const MOST_PRODUCTS = 100;
