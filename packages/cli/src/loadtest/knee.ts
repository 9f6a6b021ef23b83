/** What one rate came to. */
export interface Probe {
  readonly perSecond: number;
  /** Whether 99 % of all requests that were due had a good answer within the SLO. */
  readonly holds: boolean;
  /** Failed by so little that a second look is fair. */
  readonly close: boolean;
  /** The load could not send so many: what it saw says nothing of the server. */
  readonly generatorBound: boolean;
}

export interface KneeSearch<P extends Probe> {
  /** The first rate that is tried; half of what the server did with as many requests as it could take is a good one. */
  readonly from: number;
  /** Rates are tried until this is over. */
  readonly most: number;
  readonly probe: (perSecond: number) => Promise<P>;
  readonly signal?: AbortSignal | undefined;
}

export interface FoundKnee<P extends Probe> {
  /** The highest rate that held; null: none did. */
  readonly knee: P | null;
  /** The lowest rate above it at which the server did not; null: none was found. */
  readonly beyond: number | null;
  /**
   * What ended the search. slo: the knee lies between two rates that are near one another; generator: the same, but above it the
   * load was the bound; floor: even the lowest rate did not hold; tries: there was no time to look closer.
   */
  readonly ended: "slo" | "generator" | "floor" | "tries" | "stopped";
  /** In the order in which they were tried. */
  readonly probes: readonly P[];
}

/** Two rates that are not further apart than this are one. */
const precision = 1.1;
const growth = 1.6;
const lowest = 1;

/** Looks for the highest rate that holds the SLO: up or down in steps, then between the last that held and the first that did not. */
export async function findKnee<P extends Probe>(search: KneeSearch<P>): Promise<FoundKnee<P>> {
  const { most } = search;
  const stopped = (): boolean => search.signal?.aborted === true;
  const probes: P[] = [];
  let knee: P | null = null;
  let above: P | null = null;
  const found = (ended: FoundKnee<P>["ended"]): FoundKnee<P> => ({
    knee,
    beyond: above === null || above.generatorBound ? null : above.perSecond,
    ended: ended === "slo" && above?.generatorBound === true ? "generator" : ended,
    probes,
  });
  let rate = round(search.from);
  while (probes.length < most) {
    let last = await search.probe(rate);
    if (stopped()) return found("stopped");
    probes.push(last);
    if (!last.holds && last.close && probes.length < most) {
      last = await search.probe(rate);
      if (stopped()) return found("stopped");
      probes.push(last);
    }
    if (last.holds) knee = last;
    else above = last;
    if (knee === null && rate <= lowest) return found("floor");
    const next = toNext(knee?.perSecond ?? null, above?.perSecond ?? null);
    if (next === null) return found("slo");
    rate = next;
  }
  return found(knee === null ? "floor" : "tries");
}

function toNext(held: number | null, beyond: number | null): number | null {
  if (held === null) return round(Math.max(lowest, (beyond ?? lowest) / 2.5));
  if (beyond === null) return round(held * growth);
  if (beyond / held <= precision) return null;
  const middle = round(Math.sqrt(held * beyond));
  return middle <= held || middle >= beyond ? null : middle;
}

/** Three digits, so that a rate can be said. */
function round(perSecond: number): number {
  return Number(Math.max(lowest, perSecond).toPrecision(3));
}
