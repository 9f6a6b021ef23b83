/** A place between rows: the row of the frame that begins at `byte`. */
export interface Cursor {
  readonly instance: string;
  readonly segment: number;
  readonly byte: number;
  readonly row: number;
}

export interface ListQuery {
  readonly endpoint: string;
  readonly since?: number | undefined;
  readonly until?: number | undefined;
  readonly errors?: boolean | undefined;
  readonly key?: string | undefined;
  /** What was answered once more, for nobody, too. */
  readonly shadows?: boolean | undefined;
  readonly order: "newest" | "oldest";
  readonly limit: number;
  /** What is beyond this, in the order asked for, is listed. */
  readonly after: Cursor | null;
}

/** Where a frame begins. */
export type Place = Omit<Cursor, "row">;

export interface PageBuilder<Answer> {
  full(): boolean;
  /** All rows of the record that belong on the page. */
  add(place: Place, payload: Buffer): void;
  /** Told of a record that was asked for and whose checksum is wrong. */
  damaged?(place: Place): void;
  answer(giveWayAt?: Cursor): Answer;
}
