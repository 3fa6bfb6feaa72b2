/**
 * Arithmetic on weights and loads that several schedulers share.
 *
 * @module
 */

/** Returns the greatest common divisor of two integers, 0 or more; that of 0 and n is n. */
export function gcd(a: number, b: number): number {
  while (b !== 0) {
    const rest = a % b;
    a = b;
    b = rest;
  }
  return a;
}

/**
 * Whether `load` per `weight` is more than `otherLoad` per `otherWeight`, without rounding.
 *
 * Loads are signed 32-bit integers, weights 0–2147483647. The fractions are compared as cross
 * products of up to 62 bits, as the kernel does in 64-bit integers. Rounding to a double never swaps
 * two numbers, so unequal doubles decide. Equal ones stand for products less than 2^32 apart, which
 * their low 32 bits tell apart.
 */
export function isHeavier(
  load: number,
  weight: number,
  otherLoad: number,
  otherWeight: number,
): boolean {
  const product = load * otherWeight;
  const otherProduct = otherLoad * weight;
  if (product !== otherProduct) return product > otherProduct;
  return ((Math.imul(load, otherWeight) - Math.imul(otherLoad, weight)) | 0) > 0;
}
