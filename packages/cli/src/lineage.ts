import type { Lineage, LineageNode } from "@slipway/contract";
import type { Facts } from "./output.ts";

const mostParams = 20;

/** Where a version came from, for people: from the logged model to the run, its data, code and params. */
export function lineageFacts({ nodes }: Lineage): Facts {
  const of = (kind: LineageNode["kind"]) => nodes.filter((node) => node.kind === kind);
  const runs = of("run");
  return [
    ["copied from", of("version").slice(1).map(nameText).join("\n")],
    ["logged model", of("logged_model").map(modelText).join("\n")],
    ["run", runs.map(runText).join("\n")],
    [
      "experiment",
      of("experiment")
        .map(({ name }) => name)
        .join("\n"),
    ],
    ["datasets", of("dataset").map(datasetText).join("\n")],
    [
      "git commit",
      of("code")
        .map(({ facts }) => textOf(facts["commit"]))
        .filter(Boolean)
        .join("\n"),
    ],
    ["code", of("code").map(codeText).filter(Boolean).join("\n")],
    ["params", runs.map(paramsText).filter(Boolean).join("\n")],
  ];
}

const nameText = ({ name, missing }: LineageNode) => (missing ? `${name} (not here)` : name);

function modelText(node: LineageNode): string {
  const id = textOf(node.facts["model_id"]);
  return id === "" ? nameText(node) : `${node.name} (${id})`;
}

function runText(node: LineageNode): string {
  const { run_id, status, lifecycle_stage } = node.facts;
  if (node.missing) return nameText(node);
  const deleted = lifecycle_stage === "deleted" ? ", deleted" : "";
  return `${node.name} (${textOf(run_id)}, ${textOf(status).toLowerCase()}${deleted})`;
}

function datasetText({ name, facts }: LineageNode): string {
  const context = textOf(facts["context"]);
  return `${name} ${textOf(facts["digest"])}${context === "" ? "" : ` (${context})`}`;
}

function codeText({ facts }: LineageNode): string {
  return [facts["source"], facts["branch"], facts["repository"]].map(textOf).filter(Boolean).join(", ");
}

function paramsText({ facts }: LineageNode): string {
  const params = Object.entries((facts["params"] ?? {}) as Readonly<Record<string, string>>);
  const shown = params.slice(0, mostParams).map(([key, value]) => `${key} = ${value}`);
  return params.length > mostParams
    ? [...shown, `and ${params.length - mostParams} more`].join("\n")
    : shown.join("\n");
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
