/** Where `isAbove` turns true between `low`, where it is false, and `high`, where it is true: to the last bits, by halving. */
export function bisect(low: number, high: number, isAbove: (x: number) => boolean): number {
  let [below, above] = [low, high];
  for (let i = 0; i < 200; i++) {
    const middle = (below + above) / 2;
    if (middle <= Math.min(below, above) || middle >= Math.max(below, above)) break;
    if (isAbove(middle)) above = middle;
    else below = middle;
  }
  return (below + above) / 2;
}

const GOLDEN = (Math.sqrt(5) - 1) / 2;

/** The place of the least value of a function with one valley, by golden sections. */
export function minimise(low: number, high: number, valueAt: (x: number) => number): number {
  let [from, to] = [low, high];
  let [left, right] = [to - GOLDEN * (to - from), from + GOLDEN * (to - from)];
  let [atLeft, atRight] = [valueAt(left), valueAt(right)];
  for (let i = 0; i < 80; i++) {
    if (atLeft <= atRight) {
      [to, right, atRight] = [right, left, atLeft];
      left = to - GOLDEN * (to - from);
      atLeft = valueAt(left);
    } else {
      [from, left, atLeft] = [left, right, atRight];
      right = from + GOLDEN * (to - from);
      atRight = valueAt(right);
    }
  }
  return (from + to) / 2;
}
