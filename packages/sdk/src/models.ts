import type { AliasState, KeptGate, Lineage, Model, ModelVersion, Operation, VersionDiff } from "@slipway/contract";
import { iteratePages, type Page, type PageOptions } from "./pages.ts";
import type { CallOptions, Transport } from "./transport.ts";

type Items<T> = AsyncGenerator<T, void, undefined>;
/** A version number, or an alias of the model. */
export type VersionRef = number | string;

export interface ModelsClient {
  list(options?: PageOptions & CallOptions): Promise<Page<Model>>;
  all(options?: PageOptions & CallOptions): Items<Model>;
  get(model: string, options?: CallOptions): Promise<Model>;
  /** Deletes a model with all its versions. @throws SlipwayError `in_use` */
  remove(model: string, options?: CallOptions): Promise<void>;
}

export interface DownloadedFile {
  readonly size: number;
  /** Lower-case hex, as the server says it. */
  readonly sha256: string;
  /** Read it or cancel it; it holds a connection. */
  readonly body: ReadableStream<Uint8Array>;
}

export interface VersionsClient {
  /** Newest first. */
  list(model: string, options?: PageOptions & CallOptions): Promise<Page<ModelVersion>>;
  all(model: string, options?: PageOptions & CallOptions): Items<ModelVersion>;
  get(model: string, version: VersionRef, options?: CallOptions): Promise<ModelVersion>;
  /** @throws SlipwayError `in_use` */
  remove(model: string, version: VersionRef, options?: CallOptions): Promise<void>;
  /** A file of the version, as it was deployed; nothing of it is checked here. @throws SlipwayError `blob_not_found` */
  file(model: string, version: VersionRef, options: CallOptions & { path: string }): Promise<DownloadedFile>;
  /** Starts reading the files anew, opening the version and running its examples; follow the operation that comes back. */
  verify(model: string, version: VersionRef, options?: CallOptions): Promise<Operation>;
  /** What it came from, as far as it is known: logged model, run, datasets, code. */
  lineage(model: string, version: VersionRef, options?: CallOptions): Promise<Lineage>;
  /** What the gates of its rollouts said of it, newest first. */
  gates(model: string, version: VersionRef, options?: CallOptions): Promise<readonly KeptGate[]>;
  diff(model: string, between: { from: VersionRef; to: VersionRef }, options?: CallOptions): Promise<VersionDiff>;
}

export interface AliasesClient {
  /**
   * Points an alias at a version; endpoints that follow it move. Of a version that was only registered, `operation` of the
   * answer looks at it first.
   */
  set(
    model: string,
    alias: string,
    options: CallOptions & { version: number; allow_breaking?: boolean | undefined; message?: string | undefined },
  ): Promise<AliasState>;
  /** @throws SlipwayError `in_use` while an endpoint follows it */
  remove(model: string, alias: string, options?: CallOptions): Promise<void>;
}

const modelPath = (model: string): string => `/api/v1/models/${encodeURIComponent(model)}`;
const versionPath = (model: string, version: VersionRef): string =>
  `${modelPath(model)}/versions/${encodeURIComponent(version)}`;

export function createModels(transport: Transport): ModelsClient {
  const list: ModelsClient["list"] = ({ limit, cursor, ...options } = {}) =>
    transport.call({ method: "GET", path: "/api/v1/models", query: { limit, cursor }, ...options });
  return {
    list,
    all: (options = {}) => iteratePages((cursor) => list({ ...options, cursor: cursor ?? options.cursor })),
    get: (model, options) => transport.call({ method: "GET", path: modelPath(model), ...options }),
    remove: (model, options) => transport.call({ method: "DELETE", path: modelPath(model), ...options }),
  };
}

export function createVersions(transport: Transport): VersionsClient {
  const list: VersionsClient["list"] = (model, { limit, cursor, ...options } = {}) =>
    transport.call({
      method: "GET",
      path: `${modelPath(model)}/versions`,
      query: { limit, cursor },
      ...options,
    });
  return {
    list,
    all: (model, options = {}) =>
      iteratePages((cursor) => list(model, { ...options, cursor: cursor ?? options.cursor })),
    get: (model, version, options) => transport.call({ method: "GET", path: versionPath(model, version), ...options }),
    remove: (model, version, options) =>
      transport.call({ method: "DELETE", path: versionPath(model, version), ...options }),
    file: async (model, version, { path, ...options }) => {
      const at = `${versionPath(model, version)}/files/${encodeURIComponent(path)}`;
      const response = await transport.send({
        method: "GET",
        path: at,
        headers: { accept: "application/octet-stream" },
        endless: true,
        ...options,
      });
      return toDownloaded(response);
    },
    verify: (model, version, options) =>
      transport.call({ method: "POST", path: `${versionPath(model, version)}/verify`, json: {}, ...options }),
    lineage: (model, version, options) =>
      transport.call({ method: "GET", path: `${versionPath(model, version)}/lineage`, ...options }),
    async gates(model, version, options) {
      const path = `${versionPath(model, version)}/gates`;
      const pages = iteratePages((cursor) =>
        transport.call<Page<KeptGate>>({ method: "GET", path, query: { limit: 200, cursor }, ...options }),
      );
      const all: KeptGate[] = [];
      for await (const gate of pages) all.push(gate);
      return all;
    },
    diff: (model, { from, to }, options) =>
      transport.call({
        method: "GET",
        path: `${modelPath(model)}/diff`,
        query: { from, to },
        ...options,
      }),
  };
}

function toDownloaded({ headers, body }: Response): DownloadedFile {
  const digest = /sha-256=:([^:]*):/.exec(headers.get("content-digest") ?? "")?.[1] ?? "";
  const bytes = Uint8Array.from(atob(digest), (char) => char.charCodeAt(0));
  const sha256 = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  const empty = () => new Blob([]).stream();
  return { size: Number(headers.get("content-length")), sha256, body: body ?? empty() };
}

export function createAliases(transport: Transport): AliasesClient {
  const pathOf = (model: string, alias: string): string => `${modelPath(model)}/aliases/${encodeURIComponent(alias)}`;
  return {
    set: (model, alias, { version, allow_breaking, message, ...options }) =>
      transport.call({
        method: "PUT",
        path: pathOf(model, alias),
        json: { version, allow_breaking, message },
        ...options,
      }),
    remove: (model, alias, options) => transport.call({ method: "DELETE", path: pathOf(model, alias), ...options }),
  };
}
