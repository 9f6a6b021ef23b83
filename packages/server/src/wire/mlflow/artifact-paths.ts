import { SlipwayError } from "@slipway/contract";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Readable } from "node:stream";
import { allowLongBody, type Http } from "../../platform/http/index.ts";
import { joinArtifactPath, parseArtifactPath, type Artifacts } from "../../tracking/index.ts";
import { toListing, toPath } from "./artifact-handlers.ts";
import { int, list, need, readFields, text, type Fields, type Input } from "./fields.ts";
import { parseBody } from "./read-input.ts";
import { sendArtifact } from "./send-artifact.ts";

export interface ArtifactPathDeps {
  readonly artifacts: Artifacts;
  readonly basePath: string;
  /** The longest pause in an upload. */
  readonly requestTimeoutMs: number;
}

const root = "/api/2.0/mlflow-artifacts";

interface AtPath {
  readonly Params: { readonly "*": string };
}

/** Routes that end in a path of artifacts, which the table of the others cannot say. */
export function registerArtifactPaths(app: Http, deps: ArtifactPathDeps): void {
  const { artifacts } = deps;
  app.get<AtPath>(`${root}/artifacts/*`, { config: { scope: "read" }, exposeHeadRoute: false }, async (http, reply) => {
    const path = http.params["*"];
    if (path === "") return toListing(await artifacts.list(""));
    return sendArtifact({ artifacts, path, http, reply });
  });
  app.delete<AtPath>(`${root}/artifacts/*`, { config: { scope: "track" } }, async ({ params }) => {
    const path = parseArtifactPath(params["*"]);
    // The root is everybody's.
    if (path === "") throw new SlipwayError("invalid_request", "Invalid path");
    await artifacts.delete(path);
    return {};
  });
  app.get(`${root}/presigned/*`, { config: { scope: "read" } }, async () => {
    throw new SlipwayError("unimplemented", "Presigned download URLs are not supported: ask for the artifact itself.");
  });
  registerPartUploads(app, deps);
  registerStreams(app, deps);
}

/** Bodies that are stored while they come. */
function registerStreams(app: Http, { artifacts, requestTimeoutMs }: ArtifactPathDeps): void {
  app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("*", (_request, payload, done) => done(null, payload));
    const unlimited = { bodyLimit: Number.MAX_SAFE_INTEGER };

    async function take<T>(request: FastifyRequest, store: (body: Incoming) => Promise<T>): Promise<T> {
      refuseCoding(request);
      allowLongBody(request, requestTimeoutMs);
      // Without a body there is no type, and then no parser.
      const stream = (request.body ?? request.raw) as Readable;
      // What nobody takes would stand before the connection's next request for ever.
      return store({ stream, size: announced(request) })
        .catch((error: unknown) => {
          throw request.raw.errored
            ? new SlipwayError("cancelled", "The caller went away before the file was whole.")
            : error;
        })
        .finally(() => void stream.resume());
    }

    scope.put<AtPath>(`${root}/artifacts/*`, { ...unlimited, config: { scope: "track" } }, async (request) => {
      await take(request, ({ stream, size }) => artifacts.put(request.params["*"], stream, { size }));
      return {};
    });
    // Whoever has the address may send the part, as with any store: its id is a secret.
    scope.put<{ Params: { upload: string; part: string } }>(
      `${root}/mpu/parts/:upload/:part`,
      { ...unlimited, config: { scope: "public" } },
      async (request, reply) => {
        const { upload, part } = request.params;
        const tag = await take(request, (body) => artifacts.uploads.put(upload, Number(part), body));
        reply.header("etag", `"${tag}"`);
        return {};
      },
    );
    scope.post<{ Querystring: Readonly<Record<string, string | undefined>> }>(
      "/api/2.0/mlflow/upload-artifact",
      { ...unlimited, config: { scope: "track" } },
      async (request, reply) => {
        await take(request, (body) => uploadSmall(artifacts, request.query, body));
        return reply.header("content-type", "application/json").send("");
      },
    );
  });
}

interface Incoming {
  readonly stream: Readable;
  readonly size: number | null;
}

const smallLimit = 10 * 1024 * 1024;

/** What MLflow's UI uploads. */
async function uploadSmall(
  artifacts: Artifacts,
  query: Readonly<Record<string, string | undefined>>,
  { stream, size }: Incoming,
): Promise<void> {
  const { run_uuid: id = query["run_id"], path } = query;
  if (!id) throw new SlipwayError("invalid_request", "Request must specify run_uuid.");
  if (!path) throw new SlipwayError("invalid_request", "Request must specify path.");
  if (size === 0) throw new SlipwayError("invalid_request", "Request must specify data.");
  const place = toPath(await artifacts.locateRun(id), path);
  await artifacts.put(place, stream, { size, limit: smallLimit }).catch((error: unknown) => {
    if (SlipwayError.is(error) && error.code === "too_large")
      throw new SlipwayError("invalid_request", "Artifact size is too large. Max size is 10MB.");
    throw error;
  });
}

const upload = { path: need(text), upload_id: need(text) };

function registerPartUploads(app: Http, { artifacts, basePath }: ArtifactPathDeps): void {
  const { uploads } = artifacts;

  function on<F extends Fields>(
    verb: string,
    fields: F,
    handle: (place: { path: string; input: Input<F>; http: FastifyRequest }) => Promise<object>,
  ): void {
    const handler = async (http: FastifyRequest, _reply: FastifyReply) => {
      const input = readFields(fields, parseBody(http));
      const folder = parseArtifactPath((http.params as Partial<AtPath["Params"]>)["*"] ?? "");
      // The client says where the file is on its own disk.
      const local = String((input as Readonly<Record<string, unknown>>)["path"]);
      const name = parseArtifactPath(local.split(/[/\\]/).at(-1)!);
      return handle({ path: joinArtifactPath(folder, name), input, http });
    };
    for (const url of [`${root}/mpu/${verb}`, `${root}/mpu/${verb}/*`])
      app.post(url, { config: { scope: "track" } }, handler);
  }

  on("create", { path: need(text), num_parts: int }, async ({ path, input, http }) => {
    const count = input.num_parts ?? 1;
    const id = uploads.create(path, count);
    const base = `${originOf(http)}${basePath}${root}/mpu/parts/${id}`;
    const parts = Array.from({ length: count }, (_, index) => index + 1);
    return {
      upload_id: id,
      credentials: parts.map((part) => ({ url: `${base}/${part}`, part_number: part, headers: {} })),
    };
  });
  on(
    "complete",
    { ...upload, parts: need(list({ part_number: int, etag: text, url: text })) },
    async ({ path, input }) => {
      await uploads.complete(path, input.upload_id);
      return {};
    },
  );
  on("abort", upload, async ({ path, input }) => {
    await uploads.abort(path, input.upload_id);
    return {};
  });
}

/** Where the caller found this server: a proxy says what it was asked for. */
function originOf(request: FastifyRequest): string {
  const { headers } = request;
  const forwarded = firstOf(headers["x-forwarded-host"]);
  const host = forwarded ?? headers.host ?? "localhost";
  const protocol = (forwarded && firstOf(headers["x-forwarded-proto"])) || request.protocol;
  return `${protocol === "https" ? "https" : "http"}://${host}`;
}

function firstOf(header: string | readonly string[] | undefined): string | undefined {
  return (typeof header === "string" ? header : header?.[0])?.split(",")[0]?.trim() || undefined;
}

/** An artifact is what was sent; nobody would know that it has to be inflated. */
function refuseCoding({ headers }: FastifyRequest): void {
  const coding = headers["content-encoding"];
  if (coding !== undefined && coding !== "identity")
    throw new SlipwayError(
      "invalid_request",
      `Artifacts are taken as they are, without content-encoding (got ${coding}).`,
    );
}

function announced({ headers }: FastifyRequest): number | null {
  const length = headers["content-length"];
  return length === undefined ? null : Number(length);
}
