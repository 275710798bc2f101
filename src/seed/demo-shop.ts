/** How a shop has done in the year before its data is made. */
export interface DemoShop {
  /** On a day like any other, in the middle of the year. */
  ordersADay: number;
  /** People with an account, who come back more often than visitors. */
  customers: number;
  /** Opens the shop to guests. Known to everybody, as the password of the demo accounts is. */
  publishableKey: string;
}

/** Of six carts that somebody fills, about one becomes an order. */
export const ABANDONED_FOR_EACH_ORDER = 5;

/** From the first month of the year to its last: what the business of a whole year becomes. */
export const GROWTH = { from: 0.7, to: 1.3 } as const;

/** From Sunday to Saturday. */
export const WEEKDAYS = [1.35, 1, 0.9, 0.85, 0.9, 0.8, 1.2] as const;

/** From January to December: many presents, and few who stay at home in summer. */
export const MONTHS = [1.1, 0.9, 0.95, 0.95, 0.9, 0.8, 0.7, 0.75, 1, 1.1, 1.35, 1.6] as const;

/** From midnight to midnight in UTC. */
export const HOURS = [
  1, 0.4, 0.2, 0.1, 0.1, 0.5, 2, 4, 6, 7, 7, 8, 8, 6, 5, 5, 6, 7, 9, 10, 9, 7, 4, 2,
] as const;

/** How much more of a department is asked for in a month; those that are not named are wanted all year. */
export const SEASONS: Readonly<Record<string, readonly number[]>> = {
  // Good intentions, and courses that begin after the summer.
  Movement: [2, 1.5, 1.1, 1, 1, 0.9, 0.8, 0.8, 1.4, 1.1, 0.9, 0.8],
  Painting: [1, 1, 1, 1, 1, 1.1, 1.2, 1.1, 1, 1, 1.1, 1.4],
  Music: [0.9, 0.9, 1, 1, 1, 1, 0.9, 0.9, 1, 1, 1.3, 1.9],
  Rooms: [1, 0.9, 0.8, 0.7, 0.7, 0.6, 0.6, 0.7, 1, 1.3, 1.7, 2],
};

// biome-ignore format: one line for each kind.
export const FIRST_NAMES = [
  'Ada', 'Anton', 'Birgit', 'Carla', 'Cem', 'Daniel', 'Elif', 'Emma', 'Felix', 'Greta', 'Hannah', 'Ines', 'Jakob', 'Jana',
  'Karim', 'Lena', 'Leo', 'Marta', 'Mia', 'Milan', 'Nele', 'Nuri', 'Olga', 'Paul', 'Rosa', 'Samir', 'Tilda', 'Vera', 'Yara',
] as const;
// biome-ignore format: one line for each kind.
export const LAST_NAMES = [
  'Adler', 'Bauer', 'Brandt', 'Castellani', 'Demir', 'Dvořák', 'Eder', 'Fischer', 'Gruber', 'Haas', 'Hoffmann', 'Jansen',
  'Kaya', 'Keller', 'Köhler', 'Lang', 'Lindner', 'Maier', 'Moser', 'Nowak', 'Otto', 'Petrov', 'Richter', 'Schäfer', 'Seidel',
  'Steiner', 'Vogel', 'Wagner', 'Weiß', 'Winter', 'Yilmaz', 'Ziegler',
] as const;
export const STREETS = [
  'Ahornweg',
  'Bergstraße',
  'Gartenstraße',
  'Hafenstraße',
  'Kirchplatz',
  'Lindenallee',
  'Marktgasse',
  'Mühlweg',
  'Ringstraße',
  'Schulstraße',
  'Seestraße',
] as const;
export const CITIES = [
  ['10115', 'Berlin', 'DE'],
  ['20095', 'Hamburg', 'DE'],
  ['50667', 'Köln', 'DE'],
  ['80331', 'München', 'DE'],
  ['04109', 'Leipzig', 'DE'],
  ['79098', 'Freiburg', 'DE'],
  ['34117', 'Kassel', 'DE'],
  ['1010', 'Wien', 'AT'],
  ['8010', 'Graz', 'AT'],
  ['5020', 'Salzburg', 'AT'],
  ['1012', 'Amsterdam', 'NL'],
  ['3511', 'Utrecht', 'NL'],
] as const;
