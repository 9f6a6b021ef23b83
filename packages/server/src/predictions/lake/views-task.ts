import type { LakeContext } from "../../platform/lake/lake-main.ts";
import { openViews, type ViewFiles } from "./views.ts";

export interface ViewsInput {
  readonly files: ViewFiles;
  /** URL of the module whose `run(input, context)` reads the views. */
  readonly module: string;
  readonly input: unknown;
}

/** What a task over the views gets beside its input. */
export interface ViewsContext extends LakeContext {
  /** What the views read: after `db.lock([...paths])` nothing else can be reached. */
  readonly paths: readonly string[];
}

/** Opens the views, then runs the module of somebody who knows no file of the lake. */
export async function run({ files, module, input }: ViewsInput, context: LakeContext): Promise<unknown> {
  const paths = await openViews(context.db, files);
  const task = (await import(module)) as { run: (input: unknown, context: ViewsContext) => unknown };
  return task.run(input, { ...context, paths });
}
