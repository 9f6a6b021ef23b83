/** A name and everything that is known under it. */
export interface RegisteredModel {
  readonly name: string;
  readonly description: string | null;
  readonly createdAt: number;
  readonly updatedAt: number;
  /** How many versions live. */
  readonly versions: number;
  /** The highest living version; null where none lives. */
  readonly latest: number | null;
  /** Alias to version, in the order of the names. */
  readonly aliases: Readonly<Record<string, number>>;
}

/** A name in a model that points at one version and can be moved. */
export interface Alias {
  readonly model: string;
  readonly alias: string;
  readonly version: number;
  readonly updatedAt: number;
  readonly author: string | null;
}

/** One move of an alias. */
export interface AliasEvent {
  readonly id: string;
  readonly model: string;
  readonly alias: string;
  /** Null: the alias was made. */
  readonly from: number | null;
  /** Null: the alias was deleted. */
  readonly to: number | null;
  readonly author: string | null;
  readonly at: number;
}
