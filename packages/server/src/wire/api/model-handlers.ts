import { parseAddress, parseModelName, SlipwayError, type AliasChange } from "@slipway/contract";
import { diffJson, type Endpoints } from "../../endpoints/index.ts";
import type { PageQuery } from "../../kernel/page.ts";
import type { FindLineage, ModelVersion, Registry } from "../../registry/index.ts";
import type { Handlers } from "./register.ts";
import { toModelView, toOperationView, toPageView, toVersionView } from "./views.ts";

export function toPageQuery(query: Readonly<Record<string, unknown>>): PageQuery {
  return {
    limit: (query["limit"] as number | undefined) ?? 50,
    cursor: (query["cursor"] as string | undefined) ?? null,
  };
}

type ModelRoutes =
  | "listModels"
  | "getModel"
  | "deleteModel"
  | "listVersions"
  | "getVersion"
  | "getLineage"
  | "deleteVersion"
  | "diffVersions"
  | "verifyVersion"
  | "setAlias"
  | "deleteAlias";

export function createModelHandlers({
  registry,
  endpoints,
  findLineage,
}: {
  registry: Registry;
  endpoints: Endpoints;
  findLineage: FindLineage;
}): Pick<Handlers, ModelRoutes> {
  async function aliasesOf(model: string): Promise<Map<number, string[]>> {
    const byVersion = new Map<number, string[]>();
    for (const { alias, version } of await registry.listAliases(model))
      byVersion.set(version, [...(byVersion.get(version) ?? []), alias]);
    return byVersion;
  }
  async function view(version: ModelVersion) {
    return toVersionView(version, (await aliasesOf(version.model)).get(version.version) ?? []);
  }
  return {
    listModels: async ({ query }) => toPageView(await registry.listModels(toPageQuery(query)), toModelView),
    getModel: async ({ params }) => toModelView(await registry.getModel(params["model"]!)),
    deleteModel: async ({ params, author }) => {
      await endpoints.deleteModel(params["model"]!, author);
    },
    listVersions: async ({ params, query }) => {
      const model = params["model"]!;
      const aliases = await aliasesOf(model);
      return toPageView(await registry.listVersions(model, toPageQuery(query)), (version) =>
        toVersionView(version, aliases.get(version.version) ?? []),
      );
    },
    getVersion: async ({ params }) =>
      view(await registry.resolve(parseAddress(`${params["model"]}@${params["version"]}`))),
    getLineage: async ({ params }) =>
      findLineage(await registry.resolve(parseAddress(`${params["model"]}@${params["version"]}`))),
    deleteVersion: async ({ params, author }) => {
      const version = await registry.resolve(parseAddress(`${params["model"]}@${params["version"]}`));
      await endpoints.deleteVersion(version.model, version.version, author);
    },
    verifyVersion: async ({ params }) =>
      toOperationView(await endpoints.verify(parseAddress(`${params["model"]}@${params["version"]}`))),
    diffVersions: async ({ params, query }) => {
      const addresses = [query["from"], query["to"]].map((ref) => parseAddress(`${params["model"]}@${String(ref)}`));
      const [from, to] = await Promise.all(addresses.map((address) => registry.resolve(address)));
      return {
        model: params["model"]!,
        from: from!.version,
        to: to!.version,
        changes: diffJson(comparable(from!), comparable(to!)),
      };
    },
    setAlias: async ({ params, body, author }) => {
      const { model, alias } = params as { model: string; alias: string };
      const { version, message, allow_breaking: allowBreaking } = body as AliasChange;
      if (parseAddress(`${parseModelName(model)}@${alias}`).alias === undefined)
        throw new SlipwayError("invalid_name", `${JSON.stringify(alias)} is a version number and no alias.`);
      const move = { model, alias, version, allowBreaking };
      const operation = await endpoints.moveAlias(move, { author, message: message ?? null });
      return { model, alias, version, operation: operation?.id ?? null };
    },
    deleteAlias: async ({ params, author }) => {
      const { model, alias } = params as { model: string; alias: string };
      await endpoints.deleteAlias(model, alias, author);
    },
  };
}

/** What may differ between two versions and matters to somebody. */
function comparable(version: ModelVersion): unknown {
  const { digest, flavor, platform, placement, signature, files, modelSection, report } = version;
  // What the server made of other files changes with them.
  const sent = files.filter((file) => !/(^|\/)\.slipway-[^/]+$/.test(file.path));
  const byName = <T extends { name: string }>(specs: readonly T[]) =>
    Object.fromEntries(specs.map((spec) => [spec.name, spec]));
  return {
    digest,
    flavor,
    platform,
    placement,
    signature: { ...signature, inputs: byName(signature.inputs), outputs: byName(signature.outputs) },
    files: Object.fromEntries(sent.map((file) => [file.path, { sha256: file.sha256, size: file.size }])),
    model: modelSection,
    report,
  };
}
