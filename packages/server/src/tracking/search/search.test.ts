import { expect, test } from "vitest";
import { migrate, type Sql } from "../../platform/sql/index.ts";
import { describeStores } from "../../platform/sql/testing/describe-stores.ts";
import { trackingMigrations } from "../migrations.ts";
import type * as module from "../tracking-tasks.ts";
import { createSearch } from "./search.ts";
import { goldens, type Asked } from "./testing/goldens.ts";
import { insertExperiments, insertModels, insertRuns, searched } from "./testing/insert-goldens.ts";

/** Questions that MLflow refuses, or answers by a mistake, and we answer. */
const beyond = new Set([
  // A fraction is compared with whole numbers as what it is; quotes around a whole number are forgiven.
  "creation_time > 1.5",
  "creation_time > '5'",
  // The alias that filters may use, too.
  "`Run name` DESC",
  // MLflow compares the number that it stores with the word.
  "status = 'READY'",
  "status != 'READY'",
]);

/** SQLite knows the two cases of ASCII only, with MLflow as with us. */
const ofUnicode = new Set(["params.name ILIKE '%ÄRM%'"]);

async function openSearch(open: () => Promise<Sql>, ...fill: ((sql: Sql) => Promise<void>)[]) {
  const sql = await open();
  await migrate(sql, trackingMigrations);
  for (const each of fill) await each(sql);
  return {
    sql,
    search: createSearch({ tasks: sql.tasks<typeof module>(new URL("../tracking-tasks.ts", import.meta.url)) }),
  };
}

/** All pages of two, or that it is refused; what MLflow said, where it counts. */
async function compare(
  { filter, order_by, found }: Pick<Asked, "filter" | "found"> & { readonly order_by: unknown },
  ask: AskPage,
) {
  const question = `${filter} ${JSON.stringify(order_by)}`;
  const ours = await readPages(ask).catch((error: unknown) => {
    if ((error as { code?: string }).code !== "invalid_request") throw error;
    return undefined;
  });
  if (beyond.has(filter) || beyond.has(String(order_by))) return { question, ours: "beyond", theirs: "beyond" };
  return { question, ours, theirs: found };
}

type AskPage = (page: {
  maxResults: number;
  pageToken: string | undefined;
}) => Promise<{ names: string[]; next: string | undefined }>;

async function readPages(ask: AskPage): Promise<string[]> {
  const names: string[] = [];
  let token: string | undefined;
  do {
    const page = await ask({ maxResults: 2, pageToken: token });
    names.push(...page.names);
    token = page.next;
  } while (token !== undefined);
  return names;
}

interface RunsAnswer {
  readonly runs?: readonly { readonly info: { readonly run_name: string } }[];
  readonly next_page_token?: string;
}

const parse = <T>(bytes: Uint8Array) => JSON.parse(new TextDecoder().decode(bytes)) as T;

describeStores("searches answer as MLflow's own store does", (open) => {
  test("about runs", { timeout: 60_000 }, async () => {
    const { sql, search } = await openSearch(open, insertRuns);
    for (const asked of goldens("search runs")) {
      if (sql.dialect === "postgres" && ofUnicode.has(asked.filter)) continue;
      const { question, ours, theirs } = await compare(asked, async (page) => {
        const order = { filter: asked.filter, orderBy: asked.order_by, view: asked.view, ...page };
        const answer = parse<RunsAnswer>(await search.runs({ experimentIds: [`${searched}`], ...order }));
        return { names: (answer.runs ?? []).map(({ info }) => info.run_name), next: answer.next_page_token };
      });
      expect({ question, found: ours }).toEqual({ question, found: theirs });
    }
  });

  test("about experiments", { timeout: 60_000 }, async () => {
    const { search } = await openSearch(open, insertExperiments);
    for (const asked of goldens("search experiments")) {
      const { question, ours, theirs } = await compare(asked, async (page) => {
        const answer = await search.experiments({
          filter: asked.filter,
          orderBy: asked.order_by,
          view: asked.view,
          ...page,
        });
        return { names: (answer.experiments ?? []).map(({ name }) => name), next: answer.next_page_token };
      });
      expect({ question, found: ours }).toEqual({ question, found: theirs });
    }
  });

  test("about logged models", { timeout: 60_000 }, async () => {
    const { search } = await openSearch(open, insertRuns, insertModels);
    const labels = new Map(goldens("models").map(({ id, label }) => [id, label]));
    for (const asked of goldens("search models")) {
      const { question, ours, theirs } = await compare(asked, async (page) => {
        const bytes = await search.loggedModels({
          experimentIds: [`${searched}`],
          filter: asked.filter,
          datasets: asked.datasets.map((each) => ({ name: each.dataset_name, digest: each.dataset_digest ?? null })),
          orderBy: asked.order_by.map((each) => ({
            field: each.field_name,
            isAscending: each.ascending ?? true,
            datasetName: each.dataset_name ?? null,
            datasetDigest: each.dataset_digest ?? null,
          })),
          ...page,
        });
        const answer = parse<{ models?: { info: { model_id: string } }[]; next_page_token?: string }>(bytes);
        return {
          names: (answer.models ?? []).map(({ info }) => labels.get(info.model_id)!),
          next: answer.next_page_token,
        };
      });
      expect({ question, found: ours }).toEqual({ question, found: theirs });
    }
  });

  test("and beyond it with OR, NOT and parentheses, where NOT finds what the rest does not", async () => {
    const { search } = await openSearch(open, insertRuns);
    for (const [filter, names] of [
      ["metrics.acc > 0.4 OR tags.team = 'blue'", "acdf"],
      ["NOT (end_time > 0)", "bfh"],
      ["NOT metrics.acc >= 0", "bdeh"],
      ["NOT tags.team = 'red' AND NOT metrics.acc = 0.5", "bcdg"],
      ["NOT (tags.team = 'red' OR metrics.loss < 1 OR metrics.loss >= 1)", "cg"],
      ["(params.lr = '0.1' OR params.lr = '1') AND tags.team = 'red'", "aeh"],
      ["params.lr = '0.1' OR params.lr = '1' AND tags.team = 'Red'", "abh"],
      ["run_name IN ('a', 'x', 'h') AND params.lr NOT LIKE '1%' AND metrics.loss IS NOT NULL", "ah"],
      ["NOT dataset.name = 'wine' AND NOT dataset.name ILIKE 'iris'", "cegh"],
    ] as const) {
      const answer = parse<RunsAnswer>(
        await search.runs({ experimentIds: [`${searched}`], filter, orderBy: ["run_name"] }),
      );
      const found = (answer.runs ?? []).map(({ info }) => info.run_name).join("");
      expect({ filter, found }).toEqual({ filter, found: names });
    }
  });
});
