/** From values to places on the paper. */
export interface Scale {
  to(value: number): number;
  readonly ticks: readonly number[];
}

interface Span {
  readonly from: number;
  readonly to: number;
  /** Places of `from` and `to`. */
  readonly start: number;
  readonly end: number;
}

/** Ticks at 1, 2 or 5 times a power of ten; the span is widened to the last of them. */
export function createLinearScale({ from, to, start, end }: Span, wanted = 5): Scale {
  const step = niceStep((to - from) / wanted);
  const top = Math.max(from + step, Math.ceil(to / step - 1e-9) * step);
  const ticks: number[] = [];
  for (let at = Math.ceil(from / step) * step; at <= top + step / 1e6; at += step)
    ticks.push(Number(at.toPrecision(10)));
  return { to: (value) => start + ((value - from) / (top - from)) * (end - start), ticks };
}

/** Whole powers of ten around the values, with a tick at each, and at 2 and 5 where there are few. */
export function createLogScale({ from, to, start, end }: Span): Scale {
  const [low, high] = [
    Math.floor(Math.log10(from)),
    Math.max(Math.floor(Math.log10(from)) + 1, Math.ceil(Math.log10(to))),
  ];
  const steps = high - low <= 2 ? [1, 2, 5] : [1];
  const ticks: number[] = [];
  for (let power = low; power <= high; power++)
    for (const step of steps) if (power < high || step === 1) ticks.push(Number((step * 10 ** power).toPrecision(6)));
  const place = (value: number) => (Math.log10(Math.max(value, 10 ** low)) - low) / (high - low);
  return { to: (value) => start + place(value) * (end - start), ticks };
}

/** HDR's: each nine takes the same room. @param most the largest share that is drawn, below 1 */
export function createPercentileScale({ to, start, end }: Omit<Span, "from">): Scale {
  const nines = (share: number): number => -Math.log10(1 - Math.min(share, to));
  const ticks = [0, 0.5, 0.9, 0.99, 0.999, 0.9999, 0.99999, 0.999999].filter((share) => share <= to);
  return { to: (share) => start + (nines(share) / nines(to)) * (end - start), ticks };
}

function niceStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(rough, 1e-9)));
  const factor = [1, 2, 5, 10].find((each) => each * power >= rough) ?? 10;
  return factor * power;
}
