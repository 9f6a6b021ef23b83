import { createClient, mlflow, type Client } from "./client.ts";
import { byMetric, byName, narrow, newest, wide, type Entry, type Point, type Question } from "./content.ts";

interface Run {
  readonly info: { readonly run_name: string; readonly status: string; readonly start_time: number };
  readonly data: {
    /** A step of 0 may be left out. */
    readonly metrics?: readonly (Omit<Point, "step"> & { readonly step?: number })[];
    readonly params?: readonly Entry[];
    readonly tags?: readonly Entry[];
  };
}

interface Page {
  readonly runs?: readonly Run[];
  readonly next_page_token?: string;
}

interface Asked {
  readonly url: string;
  readonly experiment: string;
}

/**
 * Asks both the same, two pages of each question, and compares the runs, their order and all that they hold.
 * @throws Error that names the first difference
 */
export async function requireAgreement(ours: Asked, theirs: Asked): Promise<number> {
  let compared = 0;
  for (const question of [newest, byMetric, narrow, wide, byName]) {
    const [a, b] = [await askPages(ours, question), await askPages(theirs, question)];
    if (a.length !== b.length) throw new Error(`${question.title}: ${a.length} runs here, ${b.length} in MLflow.`);
    if (a.length === 0) throw new Error(`${question.title}: no runs.`);
    for (const [at, run] of a.entries())
      if (run !== b[at]) throw new Error(`${question.title}: run ${at} differs.\n${run}\n${b[at]}`);
    compared += a.length;
  }
  return compared;
}

async function askPages({ url, experiment }: Asked, { filter, order_by }: Question): Promise<readonly string[]> {
  const client = createClient(url);
  const body = { experiment_ids: [experiment], filter, order_by, max_results: 100 };
  const first = await search(client, body);
  const token = first.next_page_token;
  const second = token === undefined ? {} : await search(client, { ...body, page_token: token });
  client.close();
  return [...(first.runs ?? []), ...(second.runs ?? [])].map(toText);
}

function search(client: Client, body: object): Promise<Page> {
  return client.ask("POST", mlflow("runs/search"), body);
}

/** What both have to say alike, whatever the order within a run. */
function toText({ info, data }: Run): string {
  const byKey = <T extends { readonly key: string }>(items: readonly T[] = []) =>
    items.toSorted((a, b) => (a.key < b.key ? -1 : 1));
  return JSON.stringify([
    [info.run_name, info.status, info.start_time],
    byKey(data.metrics).map(({ key, value, timestamp, step }) => [key, value, timestamp, step ?? 0]),
    byKey(data.params).map(({ key, value }) => [key, value]),
    byKey(data.tags)
      .filter(({ key }) => !key.startsWith("mlflow."))
      .map(({ key, value }) => [key, value]),
  ]);
}
