import { createClient, mlflow } from "./client.ts";
import type { WalkFigures, WalkOrder } from "./orders.ts";
import { timed } from "./timed.ts";

interface Page {
  readonly runs?: readonly unknown[];
  readonly next_page_token?: string;
}

/** One page after another, each parsed, as a client has to. */
export async function walk({ url, pids = [], body, pages = Infinity }: WalkOrder): Promise<WalkFigures> {
  const client = createClient(url);
  const tokens: (string | null)[] = [];
  let runs = 0;
  const { seconds, cpuSeconds } = await timed(pids, async () => {
    let token: string | null = null;
    do {
      tokens.push(token);
      const page: Page = await client.ask("POST", mlflow("runs/search"), {
        ...body,
        ...(token === null ? {} : { page_token: token }),
      });
      runs += page.runs?.length ?? 0;
      token = page.next_page_token ?? null;
    } while (token !== null && token !== "" && tokens.length < pages);
  });
  client.close();
  return { seconds, cpuSeconds, runs, pages: tokens.length, tokens };
}
