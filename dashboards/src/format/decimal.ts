/**
 * Exact arithmetic on the decimal strings of the API: sums a reader sees never pass through a float.
 * Values are held in hundredths, which is the scale of every amount of money in the product.
 */

/** "-12.30" → -1230n. More than two places are refused rather than silently cut. */
export function cents(decimal: string): bigint {
  const match = /^(-?)(\d+)(?:\.(\d+))?$/.exec(decimal);
  if (!match) throw new Error(`not a decimal: ${decimal}`);
  const [, sign, whole = '0', fraction = ''] = match;
  if (/[^0]/.test(fraction.slice(2))) throw new Error(`more than two places: ${decimal}`);
  const value = BigInt(whole) * 100n + BigInt(fraction.slice(0, 2).padEnd(2, '0') || '0');
  return sign ? -value : value;
}

/** -1230n → "-12.30". */
export function decimal(value: bigint): string {
  const size = value < 0n ? -value : value;
  return `${value < 0n ? '-' : ''}${size / 100n}.${String(size % 100n).padStart(2, '0')}`;
}

export function sum(values: Iterable<string>): string {
  let total = 0n;
  for (const value of values) total += cents(value);
  return decimal(total);
}

export function subtract(a: string, b: string): string {
  return decimal(cents(a) - cents(b));
}

export function isNegative(value: string): boolean {
  return value.startsWith('-') && /[1-9]/.test(value);
}

export function isZero(value: string): boolean {
  return !/[1-9]/.test(value);
}

/** Orders decimal strings of any scale as numbers; for sorting only. */
export function compare(a: string, b: string): number {
  return Number(a) - Number(b);
}

/** A float for the length of a bar, in pixels' precision. Never shown as text. */
export function pixels(value: string | null | undefined): number {
  return value == null ? 0 : Number(value);
}
