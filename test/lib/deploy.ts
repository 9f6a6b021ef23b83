import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { createClient, type Client } from "@slipway/sdk";
import { parse as parseYaml } from "yaml";

export interface Deployment {
  readonly name?: string;
  readonly endpoint?: string;
  /** slipway.yaml as an object; over the one of the folder where both are given. */
  readonly manifest?: Readonly<Record<string, unknown>>;
  readonly traffic?: boolean;
  readonly allow_breaking?: boolean;
  readonly message?: string;
  /** More files beside a single one, such as external weights. */
  readonly beside?: readonly string[];
}

export interface Deployed {
  readonly model: string;
  readonly version: number;
  readonly digest: string;
  readonly created: boolean;
  readonly endpoint: string | null;
  readonly revision: number | null;
  /** What lets it take the traffic step by step; null: it has all of it. */
  readonly rollout: string | null;
  readonly placement: string;
  readonly notes: readonly string[];
}

interface ModelSection {
  readonly examples?: string | { readonly path: string };
  readonly training?: { readonly reference?: string };
}

/**
 * Deploys a model file, or a folder with model.onnx and slipway.yaml, through the SDK and waits: quicker than the command
 * line, for tests that are about something else.
 * @throws SlipwayError what the operation failed with
 */
export async function deploy(url: string, path: string, options: Deployment = {}): Promise<Deployed> {
  const client = createClient({ url });
  const { beside = [], manifest, ...rest } = options;
  const inFolder = statSync(path).isDirectory();
  const entry = inFolder ? "model.onnx" : basename(path);
  const written = inFolder && readdirSync(path).includes("slipway.yaml") ? readManifest(path) : undefined;
  const merged = manifest === undefined ? written : { ...written, ...manifest };
  const files = [];
  // A folder's recorded outputs and its reference belong to the version.
  const { examples, training } = (merged?.["model"] ?? {}) as ModelSection;
  const named = [typeof examples === "string" ? examples : examples?.path, training?.reference];
  const recorded = inFolder ? named.filter((each) => each !== undefined).map((each) => join(path, each)) : [];
  for (const file of [inFolder ? join(path, entry) : path, ...recorded, ...beside])
    files.push({ path: basename(file), sha256: await upload(client, readFileSync(file)) });
  const name = rest.name ?? (merged?.["name"] as string | undefined) ?? basename(path).replace(/\.onnx$/, "");
  const operation = await client.deployments.create({
    ...rest,
    name,
    entry,
    files,
    ...(merged === undefined ? {} : { manifest: { slipway: 1, name, ...merged } }),
  });
  return (await client.operations.wait(operation.id)).result as unknown as Deployed;
}

/** The same for a folder of files beside each other with a slipway.yaml, all of which go. @throws SlipwayError what the operation failed with */
export async function deployFolder(
  url: string,
  folder: string,
  more: Readonly<Record<string, unknown>> = {},
): Promise<Deployed> {
  const client = createClient({ url });
  const manifest = readManifest(folder) as { readonly name: string; readonly model: { readonly path: string } };
  const files = [];
  for (const path of readdirSync(folder))
    files.push({ path, sha256: await upload(client, readFileSync(join(folder, path))) });
  const { name, model } = manifest;
  const operation = await client.deployments.create({ name, entry: model.path, files, manifest, ...more });
  return (await client.operations.wait(operation.id)).result as unknown as Deployed;
}

export function readManifest(folder: string): Record<string, unknown> {
  return parseYaml(readFileSync(join(folder, "slipway.yaml"), "utf8")) as Record<string, unknown>;
}

/** @returns the SHA-256 */
export async function upload(client: Client, bytes: Buffer): Promise<string> {
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  await client.blobs.ensure(sha256, (offset) => new Uint8Array(bytes.subarray(offset)), { size: bytes.length });
  return sha256;
}
