/** What is watched by itself: one version behind one endpoint. */
export interface Watched {
  readonly endpoint: string;
  readonly model: string;
  readonly version: number;
}

/** A stretch of prediction times, milliseconds: from inclusive, to exclusive; both multiples of the window's length. */
export interface Window {
  readonly from: number;
  readonly to: number;
}

/** The name of the slice that is all of the traffic. */
export const wholeTraffic = "";

/** The window of `windowMs` that a moment falls into; windows are counted from 1970. */
export function windowAt(at: number, windowMs: number): Window {
  const from = Math.floor(at / windowMs) * windowMs;
  return { from, to: from + windowMs };
}
