import type { RunJson, Tracking } from "../tracking/index.ts";

/** @throws SlipwayError `run_not_found` */
export async function readRun({ runs }: Pick<Tracking, "runs">, id: string): Promise<RunJson> {
  return (JSON.parse(new TextDecoder().decode(await runs.get(id))) as { readonly run: RunJson }).run;
}
