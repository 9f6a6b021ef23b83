import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { root } from "../../tools/layer-list.ts";

interface Rules {
  readonly groups: readonly {
    readonly rules: readonly { readonly alert: string; readonly expr: string; readonly annotations: object }[];
  }[];
}
interface Dashboard {
  readonly panels: readonly { readonly title: string; readonly targets: readonly { readonly expr: string }[] }[];
  readonly templating: { readonly list: readonly { readonly definition?: string }[] };
}

/** What the alert rules and the dashboard of `monitoring/` ask Prometheus, with the alert or panel that asks. */
export function listExpressions(): [string, string][] {
  const read = (path: string) => readFileSync(join(root, "monitoring", path), "utf8");
  const { groups } = parse(read("prometheus/slipway-alerts.yml")) as Rules;
  const { panels, templating } = JSON.parse(read("grafana/slipway.json")) as Dashboard;
  return [
    ...groups.flatMap(({ rules }) => rules.map(({ alert, expr }): [string, string] => [alert, expr])),
    ...panels.flatMap(({ title, targets }) => targets.map(({ expr }): [string, string] => [title, expr])),
    ...templating.list.flatMap(({ definition }): [string, string][] => (definition ? [["variable", definition]] : [])),
  ];
}
