/** What the schema knows, beyond the API, of a field that gives a whole list and no page of it. */
export interface ListExtensions {
  /** How many there can be: what an operation costs counts with as many. */
  mostRows: number;
}
