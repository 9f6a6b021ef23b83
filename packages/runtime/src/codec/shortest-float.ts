/** 10^0 to 10^22: the powers of ten that a double holds exactly. */
const powers = Array.from({ length: 23 }, (_, i) => Number(`1e${i}`));

/**
 * The double that prints as the shortest decimal which reads back as the float32 `value`: 0.1, where `value` itself
 * prints as 0.10000000149011612. NaN and infinities are returned as they are.
 *
 * Six digits always tell a decimal from its float32, nine always tell a float32 from its neighbours, so at most four
 * lengths are tried. A decimal of up to nine digits with an exact power of ten is one correctly rounded operation.
 */
export function shortestFloat32(value: number): number {
  if (value % 1 === 0 && value < 1e7 && value > -1e7) return value;
  const magnitude = Math.abs(value);
  if (!(magnitude >= 1e-13 && magnitude < 1e22)) return shortestBySearch(value);
  const exponent = decimalExponent(magnitude);
  for (let places = 5 - exponent; places < 8 - exponent; places++) {
    const candidate =
      places >= 0
        ? Math.round(value * powers[places]!) / powers[places]!
        : Math.round(value / powers[-places]!) * powers[-places]!;
    // A double halfway to the next float32 would read differently by way of a double and directly, unless the double
    // is the decimal, as integers are: so a hair further out must round the same way.
    const hair = Number.isSafeInteger(candidate) ? 0 : (candidate - value) * 1e-6;
    if (Math.fround(candidate + hair) === value) return candidate;
  }
  const places = 8 - exponent;
  return places >= 0
    ? Math.round(value * powers[places]!) / powers[places]!
    : Math.round(value / powers[-places]!) * powers[-places]!;
}

/** The e of 10^e <= magnitude < 10^(e+1), for 1e-13 <= magnitude < 1e22. */
function decimalExponent(magnitude: number): number {
  if (magnitude < 1) {
    if (magnitude >= 0.1) return -1;
    if (magnitude >= 0.01) return -2;
  } else if (magnitude < 10) return 0;
  const guess = Math.floor(Math.log10(magnitude));
  const floor = guess >= 0 ? powers[guess]! : 1 / powers[-guess]!;
  if (magnitude < floor) return guess - 1;
  return magnitude >= floor * 10 ? guess + 1 : guess;
}

/** Far from 1 and below the normal floats, where six digits are too many. */
function shortestBySearch(value: number): number {
  for (let digits = 1; digits < 9; digits++) {
    const candidate = Number(value.toPrecision(digits));
    if (Math.fround(candidate) === value) return candidate;
  }
  return Number(value.toPrecision(9));
}
