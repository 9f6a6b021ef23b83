import { readFile, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { CheckedPackage, PackageFinding } from "@slipway/server";
import { argument, textOption, type Context, type Run } from "../context.ts";
import { parseDigest } from "../deploy/digest.ts";
import type { DeployPlan } from "../deploy/deploy-plan.ts";
import { addMissing, planDeploy } from "../deploy/plan.ts";
import { exitCodes, InterruptedError } from "../exit-codes.ts";
import { toMismatchTable } from "../mismatches.ts";
import { findingColumns } from "../findings.ts";
import { writeJson, writeList } from "../output.ts";
import { createProgress } from "../progress.ts";
import { loadServer } from "../server-door.ts";
import { printable } from "../text.ts";

export const check: Run = async (context, input) => {
  const path = argument(input, 0);
  const expect = textOption(input, "expect");
  const digest = expect === undefined ? null : parseDigest(expect);
  const checked = await run(context, await planDeploy(path, undefined), { path, expect: digest });
  await report(context, checked);
  return checked.findings.some((finding) => finding.state === "failed") ? exitCodes.failed : exitCodes.ok;
};

async function run(
  context: Context,
  plan: DeployPlan,
  { path, expect }: { readonly path: string; readonly expect: string | null },
): Promise<CheckedPackage> {
  const { checkPackage } = await loadServer();
  const progress = createProgress(context.stderr, context.settings.quiet);
  const stop = new AbortController();
  const restore = context.onInterrupt(() => stop.abort(new InterruptedError("Interrupted.")));
  let known = plan;
  try {
    return await checkPackage({
      files: plan.files,
      entry: plan.entry,
      manifest: plan.manifest === undefined ? null : await readManifestText(path, plan),
      expect,
      signal: stop.signal,
      onProgress: (message) => progress.show(printable(message), null),
      findFiles: async (names) => {
        const larger = await addMissing(known, names);
        const added = larger?.files.slice(known.files.length) ?? null;
        known = larger ?? known;
        return added;
      },
    });
  } catch (error) {
    stop.signal.throwIfAborted();
    throw error;
  } finally {
    progress.clear();
    restore();
  }
}

/** As the author wrote it, so that what is wrong has a line. */
async function readManifestText(path: string, { folder }: DeployPlan): Promise<string> {
  const named = resolve(path);
  const isFile = (await stat(named)).isFile();
  return readFile(isFile ? named : join(folder, "slipway.yaml"), "utf8");
}

async function report(context: Context, { findings, digest }: CheckedPackage): Promise<void> {
  if (context.settings.format === "json") return writeJson(context, { digest, checks: findings });
  await writeList<PackageFinding>(context, findingColumns, findings);
  if (context.settings.format !== "table") return;
  for (const { details } of findings) {
    const table = details === undefined ? null : toMismatchTable(details);
    if (table !== null) context.stdout.write(`\n${table}`);
  }
}
