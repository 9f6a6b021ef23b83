import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { parse } from "yaml";
import { root } from "../../tools/layer-list.ts";
import { deploy } from "../lib/deploy.ts";
import { fetchJson } from "../lib/fetch-json.ts";
import { flight, flights } from "../lib/models.ts";
import { useServer } from "../lib/server.ts";

const server = useServer();
let families = new Set<string>();
let labels = new Set<string>();

beforeAll(async () => {
  await deploy(server.url, flights.v2);
  await fetchJson(`${server.url}/api/v1/endpoints/flight-delay/predict`, { json: flight });
  const text = (await fetchJson<string>(`${server.url}/metrics`)).body;
  families = new Set([...text.matchAll(/^# TYPE (\S+) /gm)].map(([, name]) => name!));
  labels = new Set([...text.matchAll(/([a-z_]+)="/g)].map(([, name]) => name!));
});

interface Rules {
  readonly groups: readonly {
    readonly rules: readonly { readonly alert: string; readonly expr: string; readonly annotations: object }[];
  }[];
}
interface Dashboard {
  readonly panels: readonly { readonly title: string; readonly targets: readonly { readonly expr: string }[] }[];
  readonly templating: { readonly list: readonly { readonly definition?: string }[] };
}

function listExpressions(): [string, string][] {
  const read = (path: string) => readFileSync(join(root, "monitoring", path), "utf8");
  const { groups } = parse(read("prometheus/slipway-alerts.yml")) as Rules;
  const { panels, templating } = JSON.parse(read("grafana/slipway.json")) as Dashboard;
  return [
    ...groups.flatMap(({ rules }) => rules.map(({ alert, expr }): [string, string] => [alert, expr])),
    ...panels.flatMap(({ title, targets }) => targets.map(({ expr }): [string, string] => [title, expr])),
    ...templating.list.flatMap(({ definition }): [string, string][] => (definition ? [["variable", definition]] : [])),
  ];
}

test.each(listExpressions())("%s asks only for metrics that there are", (_, expr) => {
  const names = [...expr.matchAll(/\b((?:slipway|process|nodejs)_\w+)/g)].map(([, name]) => name!);
  expect(names.length).toBeGreaterThan(0);
  for (const name of names) expect([...families]).toContain(name.replace(/_bucket$/, ""));
});

test("labels that the rules ask for are those that the metrics have", () => {
  const monitored = ["state", "severity", "monitor", "slice", "column", "metric", "channel", "verdict"];
  const known = new Set([...labels, ...monitored]);
  for (const [name, expr] of listExpressions()) {
    const asked = [...expr.matchAll(/by \(([^)]*)\)/g)].flatMap(([, list]) =>
      list!.split(",").map((label) => label.trim()),
    );
    for (const label of asked) expect([...known], name).toContain(label);
  }
});
