import { SlipwayError, type Lineage, type LineageEdge, type LineageNode } from "@slipway/contract";
import type { LoggedModelJson, RunJson, Tracking } from "../tracking/index.ts";
import { readRun } from "./read-run.ts";
import type { ModelVersion } from "./model-version.ts";
import type { Registry } from "./registry.ts";
import { parseSource } from "./sources/source.ts";

/** What a version came from: the version first, then whatever it leads to. What is named and not here is marked as missing. */
export type FindLineage = (version: ModelVersion) => Promise<Lineage>;

export interface LineageDeps {
  readonly registry: Pick<Registry, "findVersion">;
  readonly tracking: Pick<Tracking, "runs" | "loggedModels" | "experiments">;
}

/** A chain of copies is followed so far. */
const mostCopies = 20;

export function createLineage({ registry, tracking }: LineageDeps): FindLineage {
  /** Deleted ones too: they are what it came from all the same. */
  const findModel = (id: string) => orNull(tracking.loggedModels.get(id, true));

  async function addRun(graph: Graph, from: string, { runId, kind }: RunLink): Promise<void> {
    const run = await orNull(readRun(tracking, runId));
    graph.link({ from, to: `run:${runId}`, kind });
    if (!graph.add(run ? toRunNode(run) : missing("run", runId)) || run === null) return;
    const node = `run:${runId}`;
    for (const { dataset, tags = [] } of run.inputs.dataset_inputs ?? []) {
      const to = `dataset:${dataset.name}@${dataset.digest}`;
      const context = tags.find(({ key }) => key === "mlflow.data.context")?.value;
      const { digest, source_type, source } = dataset;
      const facts = { digest, source_type, source, ...(context !== undefined && { context }) };
      graph.add({ id: to, kind: "dataset", name: dataset.name, facts });
      graph.link({ from: node, to, kind: "read" });
    }
    const code = toCode(run);
    if (code && graph.add(code)) graph.link({ from: node, to: code.id, kind: "ran" });
    const id = run.info.experiment_id;
    const experiment = await orNull(tracking.experiments.get(id));
    const name = experiment?.name ?? id;
    graph.add({ id: `experiment:${id}`, kind: "experiment", name, facts: { experiment_id: id } });
    graph.link({ from: node, to: `experiment:${id}`, kind: "ran_in" });
  }

  async function addOrigin(graph: Graph, version: ModelVersion, depth: number): Promise<void> {
    const { source, loggedModelId, runId } = version.origin;
    const from = idOf(version);
    const copied = findCopied(source);
    if (copied && depth < mostCopies) {
      const original = await registry.findVersion(copied.model, copied.version);
      graph.link({ from, to: `version:${copied.model}@${copied.version}`, kind: "copied_from" });
      if (!original) graph.add(missing("version", `${copied.model}@${copied.version}`));
      else if (graph.add(toVersionNode(original))) await addOrigin(graph, original, depth + 1);
    }
    if (loggedModelId !== "") {
      const model = await findModel(loggedModelId);
      const to = `logged_model:${loggedModelId}`;
      graph.link({ from, to, kind: "made_of" });
      graph.add(model ? toModelNode(model) : missing("logged_model", loggedModelId));
      const by = model?.info.source_run_id || runId;
      if (by !== "") await addRun(graph, to, { runId: by, kind: "logged_by" });
    } else if (runId !== "") await addRun(graph, from, { runId, kind: "made_by" });
  }

  return async (version) => {
    const graph = new Graph();
    graph.add(toVersionNode(version));
    await addOrigin(graph, version, 0);
    return { nodes: graph.nodes, edges: graph.edges };
  };
}

interface RunLink {
  readonly runId: string;
  readonly kind: "logged_by" | "made_by";
}

class Graph {
  readonly nodes: LineageNode[] = [];
  readonly edges: LineageEdge[] = [];

  /** False where it is in already. */
  add(node: LineageNode): boolean {
    if (this.nodes.some(({ id }) => id === node.id)) return false;
    this.nodes.push(node);
    return true;
  }

  link(edge: LineageEdge): void {
    const isIn = this.edges.some(({ from, to, kind }) => from === edge.from && to === edge.to && kind === edge.kind);
    if (!isIn) this.edges.push(edge);
  }
}

const idOf = ({ model, version }: ModelVersion) => `version:${model}@${version}`;

function toVersionNode(version: ModelVersion): LineageNode {
  const { model, version: number, digest, state, origin, author, createdAt } = version;
  const facts = { state, digest, source: origin.source, author, created_at: new Date(createdAt).toISOString() };
  return { id: idOf(version), kind: "version", name: `${model}@${number}`, facts };
}

function toModelNode({ info, data }: LoggedModelJson): LineageNode {
  const { model_id, name, model_type, artifact_uri } = info;
  const facts = { model_id, artifact_uri, ...(model_type !== "" && { model_type }), params: toRecord(data.params) };
  return { id: `logged_model:${model_id}`, kind: "logged_model", name, facts };
}

function toRunNode({ info, data }: RunJson): LineageNode {
  const { run_id, run_name, user_id, status, start_time, lifecycle_stage } = info;
  const about = { run_id, status, user: user_id, started_at: new Date(start_time ?? 0).toISOString() };
  const metrics = Object.fromEntries((data.metrics ?? []).map(({ key, value }) => [key, value]));
  const facts = { ...about, lifecycle_stage, params: toRecord(data.params), metrics };
  return { id: `run:${run_id}`, kind: "run", name: run_name, facts };
}

/** What was run, and of which commit. */
function toCode({ data }: RunJson): LineageNode | null {
  const tags = toRecord(data.tags);
  const [commit, source] = [tags["mlflow.source.git.commit"], tags["mlflow.source.name"]];
  if (commit === undefined && source === undefined) return null;
  const [repository, branch, type] = [
    tags["mlflow.source.git.repoURL"],
    tags["mlflow.source.git.branch"],
    tags["mlflow.source.type"],
  ];
  const facts = Object.fromEntries(
    Object.entries({ commit, source, type, repository, branch }).filter(([, value]) => value !== undefined),
  );
  return { id: `code:${source ?? ""}@${commit ?? ""}`, kind: "code", name: source ?? commit!, facts };
}

function toRecord(pairs: readonly { readonly key: string; readonly value: string }[] = []): Record<string, string> {
  return Object.fromEntries(pairs.map(({ key, value }) => [key, value]));
}

function missing(kind: LineageNode["kind"], name: string): LineageNode {
  return { id: `${kind}:${name}`, kind, name, missing: true, facts: {} };
}

function findCopied(source: string): { readonly model: string; readonly version: number } | null {
  if (!source.startsWith("models:/")) return null;
  const parsed = parseSource(source);
  if (parsed.kind !== "version" || parsed.wanted.by !== "number") return null;
  return { model: parsed.model, version: parsed.wanted.version };
}

async function orNull<T>(work: Promise<T>): Promise<T | null> {
  try {
    return await work;
  } catch (error) {
    if (SlipwayError.is(error) && error.kind === "not_found") return null;
    throw error;
  }
}
