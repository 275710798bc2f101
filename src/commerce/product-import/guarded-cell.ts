/**
 * What makes spreadsheets take a cell for a formula, which may send away what stands in others:
 * https://owasp.org/www-community/attacks/CSV_Injection. Its full-width forms do so in some languages.
 */
const FORMULA = /^'*[=+\-@\t\r\n＝＋－＠]/;

/**
 * A cell that no spreadsheet runs: an apostrophe stands before what looks like a formula. Apostrophes that are
 * there already count as part of it, so that `openCell` gives back every text exactly.
 */
export function guardCell(text: string): string {
  return FORMULA.test(text) ? `'${text}` : text;
}

/** The text that was guarded. */
export function openCell(cell: string): string {
  return cell.startsWith("'") && FORMULA.test(cell) ? cell.slice(1) : cell;
}
