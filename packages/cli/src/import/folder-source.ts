import { existsSync } from "node:fs";
import { open } from "node:fs/promises";
import { join, resolve } from "node:path";
import { SlipwayError } from "@slipway/contract/errors";
import { findLocalFiles } from "./artifact-files.ts";
import { intOf, optionalInt, optionalText, parseDouble, textOf, toFields, toPairs, type Fields } from "./fields.ts";
import { listFolders, readMeta, readPairs, readSizes } from "./folder-files.ts";
import { folderModels } from "./folder-models.ts";
import { addressOffline, locateOffline } from "./offline-artifacts.ts";
import { runNameOf, toExperiment, toLifecycle } from "./rest-shapes.ts";
import type { MlflowSource, SourceDatasetInput, SourcePoint, SourceRun } from "./source.ts";

const runsAPage = 200;
const pointsAPiece = 20_000;
/** Folders of an experiment that are no runs. */
const noRuns = ["models", "datasets", "tags", "traces"];
/** Enumerations of protocol buffers. */
const statuses = ["", "RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED"];

/** An `mlruns` folder. @throws SlipwayError `invalid_file` where it is none */
export function createFolderSource(folder: string, artifacts: string | null): MlflowSource {
  const root = resolve(folder);
  /** Deleted experiments are in the rubbish. */
  const homeOf = (experimentId: string) => {
    const ordinary = join(root, experimentId);
    return existsSync(ordinary) ? ordinary : join(root, ".trash", experimentId);
  };
  return {
    kind: "folder",
    label: folder,
    async experiments() {
      const ids = [...(await listFolders(root)), ...(await listFolders(join(root, ".trash")))];
      const found = [];
      for (const id of ids.filter((each) => each !== ".trash" && each !== "models")) {
        const meta = await readMeta(homeOf(id));
        if (meta !== null) found.push({ ...toExperiment(meta), id, tags: await readPairs(join(homeOf(id), "tags")) });
      }
      if (found.length > 0) return found;
      throw new SlipwayError("invalid_file", `${folder} has no experiment of MLflow: name a folder such as mlruns.`, {
        path: folder,
      });
    },
    countRuns: async (experimentId) => (await listRuns(homeOf(experimentId))).length,
    async *runPages(experimentId) {
      let page: SourceRun[] = [];
      for (const id of await listRuns(homeOf(experimentId))) {
        const run = await readRun(homeOf(experimentId), id, experimentId);
        if (run !== null) page.push(run);
        if (page.length < runsAPage) continue;
        yield page;
        page = [];
      }
      if (page.length > 0) yield page;
    },
    completeRun: async (run) => run,
    points: ({ experimentId, id }, key) => readPoints(join(homeOf(experimentId), id, "metrics", key)),
    ...folderModels(root, homeOf),
    async locate(uri, owner) {
      // The folder may have been moved since: what lies in its own place goes before its address.
      const below = owner.id.startsWith("m-") ? join("models", owner.id) : owner.id;
      const own = await findLocalFiles(join(homeOf(owner.experimentId), below, "artifacts"));
      return own ?? (await locateOffline({ uri, owner, base: resolve(root, ".."), artifacts }));
    },
    addressOf: (uri) => addressOffline(uri, resolve(root, "..")),
    leftOut: async () => [],
    close: () => undefined,
  };
}

async function listRuns(home: string): Promise<readonly string[]> {
  return (await listFolders(home)).filter((name) => !noRuns.includes(name));
}

async function readRun(home: string, id: string, experimentId: string): Promise<SourceRun | null> {
  const folder = join(home, id);
  const meta = await readMeta(folder);
  if (meta === null) return null;
  const tags = await readPairs(join(folder, "tags"));
  const sizes = await readSizes(join(folder, "metrics"));
  const status = optionalText(meta, "status") ?? "RUNNING";
  return {
    id: optionalText(meta, "run_id", "run_uuid") ?? id,
    experimentId,
    name: optionalText(meta, "run_name", "name") ?? runNameOf(tags),
    userId: textOf(meta, "user_id"),
    status: statuses[Number(status)] ?? status,
    startTime: optionalInt(meta, "start_time"),
    endTime: optionalInt(meta, "end_time"),
    lifecycle: toLifecycle(optionalText(meta, "lifecycle_stage")),
    deletedAt: optionalInt(meta, "deleted_time"),
    artifactUri: textOf(meta, "artifact_uri"),
    params: await readPairs(join(folder, "params")),
    tags,
    // Points are lines at the end of a file.
    series: sizes.map(([key, bytes]) => ({ key, mark: String(bytes) })),
    ...(await readInputs(home, folder)),
    modelOutputs: (await readLinks(join(folder, "outputs"))).map((link) => ({
      modelId: textOf(link, "destination_id"),
      step: intOf(link, "step"),
    })),
  };
}

async function readLinks(folder: string): Promise<readonly Fields[]> {
  const names = await listFolders(folder);
  const links = await Promise.all(names.map((name) => readMeta(join(folder, name))));
  return links.filter((link) => link !== null);
}

async function readInputs(home: string, folder: string): Promise<Pick<SourceRun, "datasets" | "modelInputs">> {
  const datasets: SourceDatasetInput[] = [];
  const modelInputs: string[] = [];
  for (const link of await readLinks(join(folder, "inputs"))) {
    const from = textOf(link, "source_id");
    if (textOf(link, "source_type").startsWith("MODEL")) modelInputs.push(from);
    const dataset = /^[\w-]+$/.test(from) ? await readMeta(join(home, "datasets", from)) : null;
    if (dataset !== null) datasets.push(toDatasetInput(dataset, toFields(link["tags"])));
  }
  return { datasets, modelInputs };
}

function toDatasetInput(dataset: Fields, tags: Fields): SourceDatasetInput {
  return {
    name: textOf(dataset, "name"),
    digest: textOf(dataset, "digest"),
    sourceType: textOf(dataset, "source_type"),
    source: textOf(dataset, "source"),
    schema: optionalText(dataset, "schema"),
    profile: optionalText(dataset, "profile"),
    tags: toPairs(Object.keys(tags).map((key) => [key, textOf(tags, key)])),
  };
}

/** Lines of `timestamp value [step [dataset digest]]`. */
async function* readPoints(path: string): AsyncGenerator<readonly SourcePoint[], void, undefined> {
  const file = await open(path);
  let points: SourcePoint[] = [];
  for await (const line of file.readLines()) {
    const [timestamp, value, step] = line.trim().split(" ");
    if (timestamp === undefined || value === undefined) continue;
    points.push({ timestamp: Number(timestamp), step: Number(step ?? 0), value: parseDouble(value) });
    if (points.length < pointsAPiece) continue;
    yield points;
    points = [];
  }
  if (points.length > 0) yield points;
}
