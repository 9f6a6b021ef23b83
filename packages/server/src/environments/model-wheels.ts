import { createHash } from "node:crypto";
import { copyFile, mkdir, readFile, rename, stat, symlink } from "node:fs/promises";
import { basename, join, relative, sep } from "node:path";
import { SlipwayError } from "@slipway/contract";
import { createId } from "../kernel/ids.ts";
import type { Layout } from "./layout.ts";
import { listBlocks, normalName, type ModelWheel } from "./lock.ts";

/** A wheel among the files of a model, as a requirement names it. */
export interface KeptWheel extends ModelWheel {
  readonly name: string;
  readonly version: string;
}

const requirement = /^(?:\.\/)?([^\s;@]+\.whl)$/;
const wheelName = /^([A-Za-z0-9._]+)-([A-Za-z0-9._+!]+)-(?:\d[^-]*-)?[^-]+-[^-]+-[^-]+\.whl$/;

export function isWheelRequirement(text: string): boolean {
  return requirement.test(text);
}

/** Puts a wheel of the model where environments are made from. @throws SlipwayError `invalid_model` where it is none */
export async function keepWheel(layout: Layout, folder: string | undefined, text: string): Promise<KeptWheel> {
  const path = requirement.exec(text)![1]!;
  const file = join(folder ?? ".", path);
  const found = wheelName.exec(basename(path));
  const below = folder === undefined ? ".." : relative(folder, file);
  if (!found || below.startsWith("..") || !(await stat(file).catch(() => null))?.isFile())
    throw new SlipwayError(
      "invalid_model",
      `The requirement ${text} names no wheel in the model's folder. Put the file there, below the folder, under the name that it was built with.`,
      { requirement: text },
    );
  const sha256 = createHash("sha256")
    .update(await readFile(file))
    .digest("hex");
  const kept = join(layout.wheels, sha256, basename(path));
  if (!(await stat(kept).catch(() => null))) {
    await mkdir(join(layout.wheels, sha256), { recursive: true });
    const draft = `${kept}.${createId()}`;
    await copyFile(file, draft);
    await rename(draft, kept);
  }
  return { sha256, path: below.split(sep).join("/"), name: normalName(found[1]!), version: found[2]! };
}

/** A folder with exactly these wheels, to be searched for packages. @throws SlipwayError `precondition_failed` where one is not kept */
export async function linkWheels(layout: Layout, folder: string, wheels: readonly ModelWheel[]): Promise<string[]> {
  if (wheels.length === 0) return [];
  await mkdir(folder, { recursive: true });
  for (const { sha256, path } of wheels) {
    const kept = join(layout.wheels, sha256, basename(path));
    if (!(await stat(kept).catch(() => null)))
      throw new SlipwayError(
        "precondition_failed",
        `The wheel ${path} of the model is not at hand, so its environment cannot be made. Deploy the model again.`,
      );
    await symlink(kept, join(folder, basename(path)));
  }
  return [folder];
}

/** What was resolved, with the model's own file as the only one that may be taken for each of its wheels. */
export function pinWheels(resolved: string, wheels: readonly KeptWheel[]): string {
  const blocks = listBlocks(resolved).map(({ name, text }) => {
    const wheel = wheels.find((each) => each.name === name);
    return wheel ? `${text.split(" ", 1)[0]} \\\n    --hash=sha256:${wheel.sha256}` : text;
  });
  return blocks.join("\n");
}
