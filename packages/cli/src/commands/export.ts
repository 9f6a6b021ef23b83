import { mkdir, readdir, writeFile } from "node:fs/promises";
import { dirname, join, posix, resolve } from "node:path";
import type { Endpoint, ModelVersion } from "@slipway/contract";
import { SlipwayError } from "@slipway/contract/errors";
import type { Client } from "@slipway/sdk";
import { stringify } from "yaml";
import { requireVersionAddress } from "../addresses.ts";
import { argument, type Context, type Run } from "../context.ts";
import { planDeploy } from "../deploy/plan.ts";
import { InterruptedError, UsageError } from "../exit-codes.ts";
import { download } from "../export/download.ts";
import { entrypoint, toDockerfile, toReadme } from "../export/pages.ts";
import { toManifest } from "../export/to-manifest.ts";
import { warn, writeOne } from "../output.ts";
import { createProgress } from "../progress.ts";
import { loadServer } from "../server-door.ts";
import { bytesText, printable } from "../text.ts";

export const exportVersion: Run = async (context, input) => {
  const { name, version: ref } = requireVersionAddress(argument(input, 0));
  const folder = resolve(argument(input, 1));
  const client = context.client();
  const found = await client.versions.get(name, ref);
  const { digest } = found;
  if (digest === null)
    throw new UsageError(
      `${name}@${found.version} is only registered: deploy it first (slipway deploy models:/${name}/${found.version}).`,
    );
  const version = { ...found, digest };
  await requireRoom(folder, input.options.force === true);
  const manifest = toManifest(version, await findEndpoint(client, name));
  const files = await findFiles(version, manifest);
  await fetchFiles(context, { ...version, files }, folder);
  await writePages(folder, { version, manifest, files });
  for (const text of await findGaps(folder, { version, files })) warn(context, text);
  const size = files.reduce((sum, file) => sum + file.size, 0);
  const done = { model: name, version: version.version, folder, digest, files: files.length, size };
  writeOne(context, done, [
    ["version", `${name}@${version.version}`],
    ["folder", folder],
    ["files", files.map((file) => `${file.path} (${bytesText(file.size)})`).join("\n")],
    ["digest", digest],
    ["next", `slipway deploy ${folder} --expect ${digest}`],
  ]);
};

/** @throws UsageError where the folder holds anything, unless it is told to */
async function requireRoom(folder: string, force: boolean): Promise<void> {
  const found = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw new UsageError(`${folder} cannot be used: ${error.message}`);
  });
  if (found.length > 0 && !force)
    throw new UsageError(`${folder} is not empty: name a new folder, or pass --force to write over what is there.`);
}

async function findEndpoint(client: Client, name: string): Promise<Endpoint | null> {
  try {
    return await client.endpoints.get(name);
  } catch (error) {
    if (SlipwayError.is(error) && error.code === "endpoint_not_found") return null;
    throw error;
  }
}

type Files = ModelVersion["files"];

/**
 * The files that were deployed, without what a server makes of them and will make again: the copy of a model with a ZipMap,
 * the examples ready to be run, a lock, a translation. The digest says which.
 * @throws SlipwayError `unimplemented` where the digest cannot be reproduced
 */
async function findFiles({ signature, files, flavor, digest }: ModelVersion, manifest: object): Promise<Files> {
  const { packageDigest } = await loadServer();
  const { path } = (manifest as { model: { path: string } }).model;
  const copy = posix.join(posix.dirname(path), `.slipway-${posix.basename(path)}`);
  const made = new Set([copy, ".slipway-examples.bin", ".slipway-lock.txt", ".slipway-translated.onnx"]);
  const isOrdered = flavor !== "onnx" || signature.packed !== null;
  const sources = [files.filter((file) => !made.has(file.path)), files];
  const found = sources.find((each) => packageDigest(each, manifest, isOrdered) === digest);
  if (found) return found;
  throw new SlipwayError(
    "unimplemented",
    "A folder of this version would not get the same digest again, so it is not exported: the server may be newer than this command line. Use the one that came with the server.",
    { digest },
  );
}

async function fetchFiles(context: Context, version: ModelVersion, folder: string): Promise<void> {
  const progress = createProgress(context.stderr, context.settings.quiet);
  const stop = new AbortController();
  const restore = context.onInterrupt(() =>
    stop.abort(new InterruptedError("Interrupted; the folder is not complete and has no slipway.yaml.")),
  );
  const onProgress = ({ path, size }: Files[number], bytes: number) =>
    progress.show(
      `Fetching ${printable(path)}`,
      size === 0 ? 1 : bytes / size,
      `${bytesText(bytes)} of ${bytesText(size)}`,
    );
  try {
    const client = context.client();
    for (const file of version.files)
      await download({ client, version, folder, signal: stop.signal, onProgress }, file);
  } catch (error) {
    stop.signal.throwIfAborted();
    throw error;
  } finally {
    progress.clear();
    restore();
  }
}

interface Exported {
  readonly version: ModelVersion & { readonly digest: string };
  readonly manifest: object;
  readonly files: Files;
}

/** What is not among the version's own files; slipway.yaml comes last, so that half a folder cannot be deployed. */
async function writePages(folder: string, { version, manifest, files }: Exported): Promise<void> {
  const { model, version: number, digest, flavor, platform, signature } = version;
  const facts = { model, version: number, digest, flavor, platform, ...signature };
  // Of a model of Python every file of the folder is part; a hidden one is not.
  const beside = flavor === "onnx" ? "" : ".slipway-export/";
  const pages: Record<string, string> = {
    [`${beside}signature.json`]: `${JSON.stringify(facts, null, 2)}\n`,
    [`${beside}README.md`]: toReadme(version, digest),
    [`${beside}Dockerfile`]: toDockerfile(model),
    [`${beside}entrypoint.sh`]: entrypoint,
    "slipway.yaml": `# ${model}@${number}, as \`slipway export\` wrote it.\n# Digest: ${digest}\n${stringify(manifest, { lineWidth: 0 })}`,
  };
  const own = new Set(files.map((file) => file.path.toLowerCase()));
  for (const [name, text] of Object.entries(pages)) {
    // A file of the version goes before a page about it.
    if (own.has(name.toLowerCase())) continue;
    const path = join(folder, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text, { mode: name.endsWith(".sh") ? 0o755 : 0o644 });
  }
}

/** `slipway deploy` sends what a model needs. A version that was made otherwise may have more, which is part of its digest. */
async function findGaps(folder: string, { version, files }: Omit<Exported, "manifest">): Promise<string[]> {
  const plan = await planDeploy(folder, undefined);
  const { externalFiles } = (version.report ?? {}) as { externalFiles?: readonly string[] };
  const sent = new Set([...plan.files.map((file) => file.path), ...(externalFiles ?? [])]);
  const left = files.map((file) => file.path).filter((path) => !sent.has(path));
  return left.length === 0
    ? []
    : [
        `\`slipway deploy\` does not send ${left.map((path) => printable(path)).join(", ")}, which the model does not name: the new version has another digest.`,
      ];
}
