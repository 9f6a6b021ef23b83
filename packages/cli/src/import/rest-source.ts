import { proxiedPath, schemeOf, storeOf } from "./artifact-files.ts";
import { doubleOf, intOf, listOf, optionalText, textOf, toFields, type Fields } from "./fields.ts";
import { encodePath, proxiedFiles, servedFiles } from "./rest-artifacts.ts";
import { isMissing, type RestClient } from "./rest-client.ts";
import { toExperiment, toLoggedModel, toModel, toRun, toVersion } from "./rest-shapes.ts";
import type { ArtifactOwner, ArtifactPlace, MlflowSource } from "./source.ts";

const api = "/api/2.0/mlflow";
/** MLflow reads all metrics, params and tags of a page at once. */
const runsAPage = 500;
const isPrompt = "tags.`mlflow.prompt.is_prompt` = 'true'";

/** An MLflow tracking server, over its REST API. */
export function createRestSource(client: RestClient): MlflowSource {
  const runs = runReader(client);
  const models = modelReader(client);
  return {
    kind: "server",
    label: client.url,
    async experiments() {
      const found: Fields[] = [];
      const body = { view_type: "ALL", max_results: 1000, order_by: ["experiment_id ASC"] };
      for await (const page of pages((more) => client.post(`${api}/experiments/search`, { ...body, ...more })))
        found.push(...listOf(page, "experiments"));
      return found.map(toExperiment);
    },
    countRuns: async () => null,
    ...runs,
    ...models,
    locate: async (uri, owner) => locate(client, uri, owner),
    addressOf: (uri) =>
      schemeOf(uri) === "mlflow-artifacts" ? `${proxy(client)}${encodePath(proxiedPath(uri))}` : uri,
    leftOut: async () => [
      {
        what: "traces, evaluation data, prompts' optimisation, gateway, webhooks",
        count: null,
        why: "Slipway has none, or keeps its own",
      },
    ],
    close: () => undefined,
  };
}

/** Answers until there is no further page; `more` goes into the next request. */
async function* pages(
  ask: (more: { readonly page_token?: string }) => Promise<Fields>,
): AsyncGenerator<Fields, void, undefined> {
  let token: string | null = null;
  do {
    const page = await ask(token === null ? {} : { page_token: token });
    yield page;
    const next = optionalText(page, "next_page_token");
    token = next === token ? null : next;
  } while (token !== null);
}

function runReader(client: RestClient): Pick<MlflowSource, "runPages" | "completeRun" | "points"> {
  return {
    async *runPages(experimentId) {
      // New runs come to the end, so that no page moves while the server goes on.
      const order_by = ["attributes.start_time ASC"];
      const body = { experiment_ids: [experimentId], run_view_type: "ALL", max_results: runsAPage, order_by };
      for await (const page of pages((more) => client.post(`${api}/runs/search`, { ...body, ...more })))
        yield listOf(page, "runs").map(toRun);
    },

    // A search leaves out which models a run has read.
    async completeRun(run) {
      const { run: found } = await client.get(`${api}/runs/get`, { run_id: run.id });
      const { modelInputs } = toRun(toFields(found));
      return { ...run, modelInputs };
    },

    async *points({ id: run_id }, metric_key) {
      const query = { run_id, metric_key, max_results: "25000" };
      for await (const page of pages((more) => client.get(`${api}/metrics/get-history`, { ...query, ...more })))
        yield listOf(page, "metrics").map((point) => ({
          timestamp: intOf(point, "timestamp"),
          step: intOf(point, "step"),
          value: doubleOf(point["value"]),
        }));
    },
  };
}

type ModelReader = Pick<MlflowSource, "loggedModelPages" | "registeredModels" | "versionPages">;

function modelReader(client: RestClient): ModelReader {
  return {
    async *loggedModelPages(experimentId) {
      const order_by = [{ field_name: "creation_timestamp", ascending: true }];
      const body = { experiment_ids: [experimentId], max_results: 100, order_by };
      try {
        for await (const page of pages((more) => client.post(`${api}/logged-models/search`, { ...body, ...more })))
          yield listOf(page, "models").map(toLoggedModel);
      } catch (error) {
        // MLflow 2 has none.
        if (!isMissing(error)) throw error;
      }
    },

    async registeredModels() {
      const found = new Map<string, Fields>();
      // Prompts are models with a tag, which a search leaves out unless it asks for them.
      for (const filter of [{}, { filter: isPrompt }]) {
        const query = { max_results: "1000", ...filter };
        const ask = (more: object) => client.get(`${api}/registered-models/search`, { ...query, ...more });
        for await (const page of pages(ask))
          for (const model of listOf(page, "registered_models")) found.set(textOf(model, "name"), model);
      }
      return [...found.values()].map(toModel);
    },

    async *versionPages(model) {
      const filter = `name = ${quote(model)}`;
      for (const also of ["", ` AND ${isPrompt}`]) {
        const query = { filter: filter + also, max_results: "1000", order_by: "version_number ASC" };
        const ask = (more: object) => client.get(`${api}/model-versions/search`, { ...query, ...more });
        for await (const page of pages(ask)) {
          const versions = [];
          for (const fields of listOf(page, "model_versions"))
            versions.push(toVersion(fields, await findStorage(client, model, fields)));
          yield versions;
        }
      }
    },
  };
}

/** Where the server says that the files of a version are; null where it does not. */
async function findStorage(client: RestClient, name: string, version: Fields): Promise<string | null> {
  // Of a logged model or an ordinary address it is known.
  if (!/^models:\/+(?!m-[0-9a-f]{32}$)/.test(textOf(version, "source"))) return null;
  const query = { name, version: textOf(version, "version") };
  const answer = await client.get(`${api}/model-versions/get-download-uri`, query).catch((error: unknown) => {
    if (isMissing(error)) return {};
    throw error;
  });
  return optionalText(answer, "artifact_uri");
}

/** MLflow's filters know no escape; what has one kind of quotation mark goes into the other. */
function quote(text: string): string {
  return text.includes("'") ? `"${text}"` : `'${text}'`;
}

const proxy = ({ url }: RestClient) => `${url}/api/2.0/mlflow-artifacts/artifacts/`;

function locate(client: RestClient, uri: string, owner: ArtifactOwner): ArtifactPlace {
  const scheme = schemeOf(uri);
  if (scheme === "mlflow-artifacts") {
    return { kind: "readable", files: proxiedFiles(client, proxiedPath(uri)) };
  }
  const prefix = proxy(client);
  if (uri.startsWith(prefix))
    return { kind: "readable", files: proxiedFiles(client, decodeURI(uri.slice(prefix.length)).replace(/\/+$/, "")) };
  if (scheme === "" || scheme === "file") return { kind: "readable", files: servedFiles(client, owner) };
  return { kind: "elsewhere", why: `in ${storeOf(uri)}` };
}
