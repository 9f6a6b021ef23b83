import type { Comparison } from "../../lib/table.ts";
import { toBar } from "../bars.ts";
import { createClient, mlflow } from "../client.ts";
import { fillMlflowVersions } from "../fill-mlflow.ts";
import { give } from "../orders.ts";
import { toDatabase, type TrackingServer } from "../servers.ts";
import { say, type Stage } from "../stage.ts";
import { compareLoad, type LoadSetting, type Row } from "./row.ts";

const alias = "champion";

function toSetting(method: string, path: string, body?: object): LoadSetting {
  const request = { method, path: mlflow(path), ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
  return { connections: 1, content: { kind: "same", request } };
}

async function fill(stage: Stage, name: string): Promise<void> {
  const { slipway, mlflow: theirs, settings } = stage;
  const order = { kind: "versions", url: slipway.url, pids: slipway.pids(), name, count: settings.versions } as const;
  const { seconds } = await give(order);
  say(`${slipway.name}: ${settings.versions} versions by model-versions/create in ${seconds.toFixed(1)} s.`);
  if (theirs !== null) {
    await theirs.stop();
    fillMlflowVersions(toDatabase(theirs.folder), name, settings.versions);
    await theirs.restart();
  }
  for (const peer of stage.peers) await setAlias(peer, { name, version: String(Math.ceil(settings.versions / 2)) });
}

async function setAlias({ url }: TrackingServer, version: { name: string; version: string }): Promise<void> {
  const client = createClient(url);
  await client.ask("POST", mlflow("registered-models/alias"), { ...version, alias });
  client.close();
}

export const versions: Row = {
  name: "versions",
  title: "very many versions of one model",
  async run(stage) {
    const name = `bench-${process.pid}`;
    await fill(stage, name);
    const filter = encodeURIComponent(`name='${name}'`);
    const asked = {
      "list, 100 versions": toSetting("GET", `model-versions/search?filter=${filter}&max_results=100`),
      latest: toSetting("POST", "registered-models/get-latest-versions", { name }),
      alias: toSetting("GET", `registered-models/alias?name=${name}&alias=${alias}`),
      "the model": toSetting("GET", `registered-models/get?name=${name}`),
    };
    const comparisons: Comparison[] = [];
    for (const [title, setting] of Object.entries(asked)) {
      const { peers } = await compareLoad(stage, stage.peers, () => setting);
      const named = Object.entries(peers).map(([peer, figures]) => [
        peer,
        Object.fromEntries(Object.entries(figures).map(([figure, values]) => [`${title}: ${figure}`, values])),
      ]);
      comparisons.push({ peers: Object.fromEntries(named) as Comparison["peers"] });
    }
    const bars = Object.keys(asked).map((title, at) => {
      const values = comparisons[at]?.peers[stage.slipway.name]?.[`${title}: p50 ms`] ?? [];
      return toBar({ figure: `${stage.settings.versions} versions, ${title}: p50`, atMost: 20, unit: " ms" }, values);
    });
    return { comparisons, bars };
  },
};
