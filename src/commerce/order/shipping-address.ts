import type { ShippingAddressInput } from './shipping-address.input.js';

/** Where an order goes, as it is stored: each property is there, whether given or not. */
export interface StoredAddress {
  readonly name: string;
  readonly company: string | null;
  readonly line1: string;
  readonly line2: string | null;
  readonly postalCode: string | null;
  readonly city: string;
  readonly region: string | null;
  readonly country: string;
  readonly phone: string | null;
}

/** An address as it is stored. What was left empty is as what was left out. */
export function storedAddress(input: ShippingAddressInput): StoredAddress {
  const { name, company, line1, line2, postalCode, city, region, country, phone } = input;
  return {
    name,
    company: company || null,
    line1,
    line2: line2 || null,
    postalCode: postalCode || null,
    city,
    region: region || null,
    country,
    phone: phone || null,
  };
}
