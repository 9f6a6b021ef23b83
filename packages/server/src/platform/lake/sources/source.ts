/** A database that others keep and that is only read. Parsed from an address such as `postgres://…`, which may hold a password. */
export type Source =
  | { readonly kind: "duckdb" | "sqlite"; readonly path: string }
  | { readonly kind: "postgres"; readonly url: string };

/** By the name that a manifest uses. */
export type Sources = Readonly<Record<string, Source>>;

/** Null where it is no address of a source: `duckdb:///path`, `sqlite:///path` (absolute), `postgres://…`. */
export function parseSource(text: string): Source | null {
  if (!URL.canParse(text)) return null;
  const url = new URL(text);
  if (url.protocol === "postgres:" || url.protocol === "postgresql:") return { kind: "postgres", url: text };
  if (url.protocol !== "duckdb:" && url.protocol !== "sqlite:") return null;
  if (url.host !== "" || url.pathname === "" || url.pathname === "/") return null;
  return { kind: url.protocol === "duckdb:" ? "duckdb" : "sqlite", path: decodeURIComponent(url.pathname) };
}
