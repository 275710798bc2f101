import { dinero, toDecimal } from 'dinero.js';
import { currencyOf } from './currency.type.js';

/** An exact sum. */
export interface Money {
  /** In minor units of the currency: cents of EUR, whole yen of JPY. A safe integer. */
  readonly amount: number;
  /** ISO 4217. */
  readonly currency: string;
}

/** In major units, with as many decimals as the currency has: `12.50` EUR, `1250` JPY. */
export function decimalOf({ amount, currency }: Money): string {
  return toDecimal(dinero({ amount, currency: currencyOf(currency) }));
}
