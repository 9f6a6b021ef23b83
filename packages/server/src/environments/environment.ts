/** A Python environment that is whole: exactly what its lock says, under an interpreter of this machine. */
export interface Environment {
  /** Of the lock. */
  readonly hash: string;
  readonly folder: string;
  /** Absolute path of the interpreter to start. */
  readonly python: string;
}

export interface ListedEnvironment extends Environment {
  /** Version of the interpreter: "3.11.7". */
  readonly pythonVersion: string;
  /** How many packages are installed. */
  readonly packages: number;
  readonly sizeBytes: number;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  /** When a server asked for it last. */
  readonly lastUsedAt: number;
  /** Name of the folder of the environment that this one lies over; null where it stands alone. */
  readonly over: string | null;
}

/** More packages over an environment that stays as it is. */
export interface Overlay {
  /** Its interpreter sees the packages of both; its own come first. */
  readonly python: string;
  /** It is not needed any longer. */
  release(): Promise<void>;
}

export interface Verified {
  readonly hash: string;
  /** Files that were compared with the digests of the packages they came in. */
  readonly files: number;
  /** Sentences; none: whole. */
  readonly problems: readonly string[];
}

export interface Pruned {
  readonly removed: readonly ListedEnvironment[];
  /** Not needed, but used too lately or by another server. */
  readonly kept: readonly ListedEnvironment[];
  /** Freed, or what would be. */
  readonly bytes: number;
}

/** How long work is watched and ended. */
export interface Watch {
  /** A sentence for the person who waits. */
  readonly onProgress?: ((message: string) => void) | undefined;
  /** Its reason is thrown. */
  readonly signal?: AbortSignal | undefined;
}
