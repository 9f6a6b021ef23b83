import { join } from "node:path";
import {
  canonicalJson,
  parseName,
  SlipwayError,
  type PredictionImportRequest,
  type PredictionImportResult,
} from "@slipway/contract";
import type { Signature } from "@slipway/runtime";
import type { Clock } from "../kernel/clock.ts";
import type { BlobStore } from "../platform/blobs/index.ts";
import type { Operation, Operations } from "../platform/queue/index.ts";
import {
  createImportRows,
  fits,
  type ImportRows,
  type Labels,
  type PredictionLake,
  type PredictionLog,
  type ShownModel,
} from "../predictions/index.ts";
import type { ModelVersion, NewVersion, Registry, VersionFile } from "../registry/index.ts";
import type { EndpointUseCases } from "./endpoints.ts";

export interface ImportPredictionsDeps {
  readonly blobs: BlobStore;
  readonly operations: Operations;
  readonly registry: Registry;
  readonly endpoints: Pick<EndpointUseCases, "ensure">;
  readonly predictions: PredictionLog;
  readonly predictionLake: PredictionLake;
  readonly labels: Labels;
  /** The data folder. */
  readonly folder: string;
  readonly clock: Clock;
}

/**
 * Starts the operation that puts the predictions of an uploaded file on record, of a model that is served elsewhere: the endpoint,
 * the model and a version with these inputs and outputs are made where they are not there.
 * @throws SlipwayError `blob_not_found`, `invalid_name`, `invalid_request`
 */
export type ImportPredictions = (
  endpoint: string,
  request: PredictionImportRequest,
  author: string | null,
) => Promise<Operation>;

/** Says who labels where nobody else is named. */
const imported = "import";

export function createImportPredictions(deps: ImportPredictionsDeps): ImportPredictions {
  const { blobs, operations, predictions: log, predictionLake: lake, labels, clock } = deps;
  const importRows = createImportRows({ log, lake, labels, tempFolder: join(deps.folder, "tmp"), clock });
  return async (given, request, author) => {
    const endpoint = parseName(given);
    const spread = toSpread(request);
    const { reference } = request;
    const needed = [request.sha256, ...(reference === undefined ? [] : [reference.sha256])];
    for (const sha256 of needed) if ((await blobs.renew(sha256)) === null) throw notUploaded(sha256);
    const made: { version: ModelVersion | null; created: boolean } = { version: null, created: false };
    return operations.start("predictions.import", `predictions of ${endpoint}`, async ({ signal, progress }) => {
      const hold = await blobs.hold(needed);
      try {
        if (hold.missing.length > 0) throw notUploaded(hold.missing[0]!);
        await blobs.verify(request.sha256);
        const { columns = {}, skip_bad: skipBad = false, format, positive } = request;
        const written = await importRows({
          endpoint,
          file: { path: blobs.path(request.sha256), format },
          columns,
          positive,
          spread,
          skipBad,
          source: author ?? imported,
          signal,
          onProgress: (message) => progress("import", message),
          findSignature: async (model) => {
            made.version = await findVersion(deps, { endpoint, model, request });
            return made.version?.signature ?? null;
          },
          makeVersion: async (signature) => {
            made.created = made.version === null;
            made.version ??= await makeExternal(deps, { endpoint, signature, request, author });
            const { revision } = await deps.endpoints.ensure(endpoint, { author, message: request.message ?? null });
            return { model: made.version.model, version: made.version.version, revision };
          },
        });
        return toResult(endpoint, written, { version: made.version!, created: made.created });
      } finally {
        hold.release({ used: true });
      }
    });
  };
}

/** The newest external version of the model that these rows may be of. */
async function findVersion(
  { registry, blobs }: ImportPredictionsDeps,
  given: { readonly endpoint: string; readonly model: ShownModel; readonly request: PredictionImportRequest },
): Promise<ModelVersion | null> {
  const { endpoint, model, request } = given;
  const files = await toFiles(blobs, request.reference);
  const page = await registry.listVersions(endpoint, { limit: 100, cursor: null }).catch((error: unknown) => {
    if (SlipwayError.is(error) && error.code === "model_not_found") return { items: [] };
    throw error;
  });
  const isLike = ({ state, signature }: ModelVersion) =>
    state === "external" && fits(signature, model) && isPositive(signature, request.positive);
  const like = page.items.filter(isLike);
  const same = like.find((version) => files.length === 0 || canonicalJson(version.files) === canonicalJson(files));
  if (same !== undefined) return same;
  if (like.length > 0) throw otherReference(like[0]!);
  const here = page.items.find(({ state }) => state === "verified");
  if (here !== undefined && !fits(here.signature, model)) throw otherColumns(here);
  return null;
}

/** The rows on record would stay with the version that they are of, and the new one would have none to be judged. */
function otherReference({ model, version }: ModelVersion): SlipwayError {
  return new SlipwayError(
    "conflict",
    `${model}@${version} has these columns already, without this reference, and the rows on record are its own. A reference comes with the first import: import under another name, or leave the reference out.`,
    { model, version },
  );
}

function otherColumns({ model, version }: ModelVersion): SlipwayError {
  return new SlipwayError(
    "conflict",
    `${model}@${version} is served here and has other columns than this file. Import predictions of another model under a name of its own.`,
    { model, version },
  );
}

async function makeExternal(
  { registry, blobs }: ImportPredictionsDeps,
  given: {
    readonly endpoint: string;
    readonly signature: Signature;
    readonly request: PredictionImportRequest;
    readonly author: string | null;
  },
): Promise<ModelVersion> {
  const { endpoint, signature, request, author } = given;
  const files = await toFiles(blobs, request.reference);
  const [reference] = files;
  const input: NewVersion = {
    model: endpoint,
    state: "external",
    digest: null,
    flavor: "external",
    platform: "external",
    signature,
    files,
    entry: "",
    // Columns that the import names are the same ones in its reference.
    modelSection:
      reference === undefined ? null : { training: { reference: reference.path }, columns: request.columns ?? {} },
    placement: "process",
    program: { kind: "onnx" },
    report: null,
    owner: null,
    message: request.message ?? "Served elsewhere; its predictions were imported.",
    author,
  };
  return (await registry.createVersion(input, { reuse: false })).version;
}

function isPositive({ outputs }: Signature, positive: string | undefined): boolean {
  return positive === undefined || outputs.every(({ classes }) => classes === undefined || classes[1] === positive);
}

async function toFiles(blobs: BlobStore, reference: PredictionImportRequest["reference"]): Promise<VersionFile[]> {
  if (reference === undefined) return [];
  const stat = await blobs.stat(reference.sha256);
  if (stat === null) throw notUploaded(reference.sha256);
  return [{ path: `reference.${reference.format}`, sha256: reference.sha256, size: stat.size }];
}

function toSpread({
  from,
  to,
  columns,
}: PredictionImportRequest): { readonly from: number; readonly to: number } | null {
  if (from === undefined && to === undefined) return null;
  const times = { from: Date.parse(from ?? ""), to: Date.parse(to ?? "") };
  if (Number.isNaN(times.from) || Number.isNaN(times.to) || times.from >= times.to)
    throw new SlipwayError(
      "invalid_request",
      "Rows without times are spread from one time to a later one: give both, such as 2026-11-01T00:00:00Z.",
    );
  if (columns?.time !== undefined)
    throw new SlipwayError(
      "invalid_request",
      "Rows have times of their own or are spread over a time: give one of them.",
    );
  return times;
}

function toResult(
  endpoint: string,
  written: Awaited<ReturnType<ImportRows>>,
  { version, created }: { readonly version: ModelVersion; readonly created: boolean },
): PredictionImportResult {
  const { roles, rows, stored, duplicates, skipped, labels, notes } = written;
  const time = (ms: number | null) => (ms === null ? null : new Date(ms).toISOString());
  return {
    endpoint,
    model: version.model,
    version: version.version,
    created,
    rows,
    stored,
    duplicates,
    skipped,
    labels,
    from: time(written.from),
    to: time(written.to),
    columns: {
      time: roles.time,
      key: roles.key,
      label: roles.label,
      inputs: [...roles.inputs],
      outputs: version.signature.outputs.map(({ name }) => name),
      ignored: [...roles.ignored],
    },
    problems: written.problems.map((problem) => ({ ...problem })),
    notes: [...notes],
  };
}

function notUploaded(sha256: string): SlipwayError {
  return new SlipwayError("blob_not_found", "The file has not been uploaded yet.", { sha256 });
}
