/** Where packages and interpreters come from. Addresses may hold credentials: they are never shown. */
export interface IndexSettings {
  /** Null: PyPI. */
  readonly indexUrl: string | null;
  /** Separated by spaces; what is found there is taken first. */
  readonly extraIndexUrl: string | null;
  /** A folder or page of wheels. */
  readonly findLinks: string | null;
  /** Nothing but `findLinks` and what was fetched before. */
  readonly noIndex: boolean;
  /** For HTTP and HTTPS. Null: what the environment variables of the server say. */
  readonly proxy: string | null;
  /** Certificates of authorities to trust, PEM. Null: the system's. */
  readonly caFile: string | null;
  /** In place of the releases of python-build-standalone on GitHub. */
  readonly pythonMirror: string | null;
}
