import {
  buildSchema,
  execute,
  getNamedType,
  GraphQLError,
  isListType,
  Kind,
  parse,
  validate,
  type DocumentNode,
  type GraphQLFieldResolver,
  type GraphQLScalarType,
  type GraphQLSchema,
} from "graphql";
import { schemaText } from "./schema-text.ts";

export interface GraphqlRequest {
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly operationName: string | null;
}

/** What a path of the REST API answers; what it refuses is in `api_error`. */
export type Ask = (path: string, input: object) => Promise<Record<string, unknown>>;

const mostTokens = 4_000;
/** Each is a request of its own. */
const mostRoots = 10;

/** Which path answers which field of the roots. */
const paths: Readonly<Record<string, string>> = {
  mlflowGetExperiment: "/mlflow/experiments/get",
  mlflowGetRun: "/mlflow/runs/get",
  mlflowSearchRuns: "/mlflow/runs/search",
  mlflowGetMetricHistoryBulkInterval: "/mlflow/metrics/get-history-bulk-interval",
  mlflowListArtifacts: "/mlflow/artifacts/list",
  mlflowSearchModelVersions: "/mlflow/model-versions/search",
  mlflowSearchDatasets: "/mlflow/experiments/search-datasets",
};

let known: GraphQLSchema | null = null;

function readSchema(): GraphQLSchema {
  if (known !== null) return known;
  known = buildSchema(schemaText);
  const long = known.getType("LongString") as GraphQLScalarType;
  long.coerceOutputValue = String;
  return known;
}

/** One answer in JSON: `data`, and `errors` as texts, as MLflow has them. */
export async function answerGraphql(request: GraphqlRequest, ask: Ask): Promise<string> {
  const schema = readSchema();
  try {
    const document = parse(request.query, { maxTokens: mostTokens });
    const problems = [...validate(schema, document), ...tooMany(document)];
    if (problems.length > 0) return toText(null, problems);
    const { data = null, errors = [] } = await execute({
      schema,
      document,
      variableValues: request.variables,
      operationName: request.operationName,
      contextValue: askOnce(ask),
      fieldResolver: resolveField,
    });
    return toText(data, errors);
  } catch (error) {
    if (error instanceof GraphQLError) return toText(null, [error]);
    throw error;
  }
}

function toText(data: unknown, errors: readonly Error[]): string {
  return JSON.stringify({ data, errors: errors.length === 0 ? null : errors.map(({ message }) => message) });
}

function tooMany({ definitions }: DocumentNode): GraphQLError[] {
  const roots = definitions.map((each) =>
    each.kind === Kind.OPERATION_DEFINITION ? each.selectionSet.selections.length : 0,
  );
  return Math.max(0, ...roots) > mostRoots
    ? [new GraphQLError(`A query may ask for ${mostRoots} things at once.`)]
    : [];
}

type Source = Readonly<Record<string, unknown>> | undefined;

const resolveField: GraphQLFieldResolver<Source, Ask> = (source, args, ...[ask, info]) => {
  const { fieldName, parentType, returnType } = info;
  const path = parentType.name === "Query" || parentType.name === "Mutation" ? paths[fieldName] : undefined;
  if (path !== undefined) return ask(path, toSnake((args["input"] ?? {}) as object));
  if (parentType.name === "MlflowRun") {
    const run = source?.["info"] as { readonly run_id: string; readonly experiment_id: string };
    if (fieldName === "experiment") return findExperiment(ask, run.experiment_id);
    if (fieldName === "modelVersions") return listVersions(ask, run.run_id);
  }
  const value = source?.[toSnakeName(fieldName)];
  if (value === undefined && isListType(returnType)) return [];
  // NaN and infinities travel as text, and are no numbers of GraphQL.
  return typeof value === "string" && getNamedType(returnType).name === "Float" ? null : value;
};

async function findExperiment(ask: Ask, id: string): Promise<unknown> {
  return (await ask(paths["mlflowGetExperiment"]!, { experiment_id: id }))["experiment"];
}

async function listVersions(ask: Ask, run: string): Promise<unknown> {
  return (await ask(paths["mlflowSearchModelVersions"]!, { filter: `run_id='${run}'` }))["model_versions"] ?? [];
}

/** What several fields of one request ask for is asked once. */
function askOnce(ask: Ask): Ask {
  const asked = new Map<string, ReturnType<Ask>>();
  return (path, input) => {
    const key = `${path} ${JSON.stringify(input)}`;
    const found = asked.get(key) ?? ask(path, input);
    asked.set(key, found);
    return found;
  };
}

const toSnakeName = (name: string) => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

function toSnake(input: object): object {
  return Object.fromEntries(Object.entries(input).map(([name, value]) => [toSnakeName(name), value as unknown]));
}
