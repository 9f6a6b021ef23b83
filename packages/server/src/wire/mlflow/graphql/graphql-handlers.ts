import { SlipwayError } from "@slipway/contract";
import { toMlflowCode } from "../errors.ts";
import { isRecord, need, text, type Field } from "../fields.ts";
import { route, type MlflowContext, type MlflowRoute } from "../route.ts";
import { createGraphqlThread } from "./graphql-thread.ts";

const variables: Field<Readonly<Record<string, unknown>>> = {
  required: false,
  repeated: false,
  read: (value) => (isRecord(value) ? value : undefined),
};

/** `/graphql` of MLflow's UI: each field of its roots is one of the other rows. */
export function createGraphqlRoutes(rows: readonly MlflowRoute[]): readonly MlflowRoute[] {
  const thread = createGraphqlThread();
  const byPath = new Map(rows.filter(({ scope }) => scope === "read").map((row) => [row.path as string, row]));

  async function ask(path: string, input: object, context: MlflowContext): Promise<Uint8Array> {
    const row = byPath.get(path);
    if (row === undefined) return toBytes({ api_error: { code: "ENDPOINT_NOT_FOUND", message: `No ${path} here.` } });
    try {
      const answer = await row.handler(input as Readonly<Record<string, unknown>>, context);
      return answer instanceof Uint8Array ? answer : toBytes(answer);
    } catch (error) {
      const known = SlipwayError.is(error) ? error : new SlipwayError("internal", "Something went wrong inside.");
      return toBytes({ api_error: { code: toMlflowCode(known), message: known.message } });
    }
  }

  return [
    route({
      method: "POST",
      path: "/graphql",
      version: null,
      scope: "read",
      fields: { query: need(text), variables, operationName: text },
      handler: async ({ query, variables: given = {}, operationName = null }, context) => {
        const request = { query, variables: given, operationName };
        return Buffer.from(await thread.answer(request, (path, input) => ask(path, input, context)));
      },
    }),
  ];
}

function toBytes(value: object): Uint8Array {
  return Buffer.from(JSON.stringify(value));
}
