import { createClient, inParallel, mlflow, type Client } from "./client.ts";
import { toRunContent } from "./content.ts";
import { toPoint } from "./load.ts";
import type { FillOrder, PointsOrder, TimedFigures, VersionsOrder } from "./orders.ts";
import { timed } from "./timed.ts";

const lanes = 16;
const pointsEach = 1_000;

async function withClient(
  { url, pids = [] }: { readonly url: string; readonly pids?: readonly number[] },
  work: (client: Client) => Promise<void>,
): Promise<TimedFigures> {
  const client = createClient(url, lanes);
  const { seconds, cpuSeconds } = await timed(pids, () => work(client));
  client.close();
  return { seconds, cpuSeconds };
}

export function fill(order: FillOrder): Promise<TimedFigures> {
  return withClient(order, (client) =>
    inParallel({ count: order.count, lanes }, async (at) => {
      const { name, startTime, metrics, params, tags } = toRunContent(at);
      const { run } = await client.ask<{ run: { info: { run_id: string } } }>("POST", mlflow("runs/create"), {
        experiment_id: order.experiment,
        run_name: name,
        user_id: "bench",
        start_time: startTime,
      });
      await client.ask("POST", mlflow("runs/log-batch"), { run_id: run.info.run_id, metrics, params, tags });
    }),
  );
}

export function points(order: PointsOrder): Promise<TimedFigures> {
  return withClient(order, (client) =>
    inParallel({ count: Math.ceil(order.count / pointsEach), lanes: 4 }, async (batch) => {
      const length = Math.min(pointsEach, order.count - batch * pointsEach);
      const metrics = Array.from({ length }, (_, at) => toPoint(order.key, batch * pointsEach + at));
      await client.ask("POST", mlflow("runs/log-batch"), { run_id: order.run, metrics });
    }),
  );
}

export function versions({ name, count, ...target }: VersionsOrder): Promise<TimedFigures> {
  return withClient(target, async (client) => {
    await client.ask("POST", mlflow("registered-models/create"), { name });
    await inParallel({ count, lanes }, async (at) => {
      await client.ask("POST", mlflow("model-versions/create"), { name, source: `s3://bench/${name}/${at + 1}` });
    });
  });
}
