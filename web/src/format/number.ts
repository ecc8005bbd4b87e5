/** Numbers for reading. The full value is one hover, and one copy, away: `String(value)` has every digit of a double. */

/** At most six significant digits, without trailing zeros. Whole numbers keep all their digits. */
export function shortNumber(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  if (Number.isSafeInteger(value) && Math.abs(value) < 1e12) return minus(String(value));
  const size = Math.abs(value);
  if (size >= 1e9 || size < 1e-4) {
    const [digits = "", exponent = ""] = value.toExponential(4).split("e");
    return minus(`${trimmed(digits)}e${exponent.replace("+", "")}`);
  }
  const digits = value.toPrecision(6);
  const short = trimmed(digits);
  // 0.99999999 is not 1, and does not look like it.
  return minus(short.includes(".") || Number.isInteger(value) ? short : digits);
}

const trimmed = (digits: string) => (digits.includes(".") ? digits.replace(/\.?0+$/, "") : digits);

const minus = (text: string) => text.replace("-", "−");

/** A count with its thousands apart: `1,234,567`. Not by `Intl`, whose first number takes 15 to 35 ms. */
export const count = (value: number): string => String(value).replace(/\B(?=(\d{3})+$)/g, ",");

/** `1 candidate`, `2 candidates`. */
export const counted = (value: number, one: string, many = `${one}s`): string =>
  `${count(value)} ${value === 1 ? one : many}`;
