import { COMMON_WORD } from './attacks/made-up-values.js';

/** Arguments that a list must be given along with an order, by the order's name. */
export const ORDER_NEEDS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  RELEVANCE: { filter: { text: COMMON_WORD } },
};
