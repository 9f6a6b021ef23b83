export interface VersionNote {
  readonly name: string;
  readonly version: number;
}

/** The list of the tag `mlflow.modelVersions` with one more, written as Python does. Clients add theirs with the number as text. */
export function addVersion(list: string | undefined, { name, version }: VersionNote): string {
  const notes = parse(list);
  const isThere = notes.some((note) => note["name"] === name && String(note["version"]) === String(version));
  const all = isThere ? notes : [...notes, { name, version }];
  return `[${all.map(toPython).join(", ")}]`;
}

type Note = Readonly<Record<string, unknown>>;

function parse(list: string | undefined): readonly Note[] {
  try {
    const notes: unknown = JSON.parse(list ?? "[]");
    if (Array.isArray(notes)) return notes.filter((note): note is Note => typeof note === "object" && note !== null);
  } catch {
    // A tag can be set to anything.
  }
  return [];
}

function toPython(note: Note): string {
  const pairs = Object.entries(note).map(([key, value]) => `${JSON.stringify(key)}: ${JSON.stringify(value)}`);
  return `{${pairs.join(", ")}}`;
}
