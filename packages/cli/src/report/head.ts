import type { MonitorIncident, MonitorView } from "@slipway/contract";
import { toneOf } from "../monitor/column-verdict.ts";
import { figureText, shareText } from "../monitor/figure-text.ts";
import {
  latestPoints,
  pointText,
  referenceText,
  trafficText,
  verdictSentence,
  windowText,
} from "../monitor/summary.ts";
import { escape, section } from "./markup.ts";

/** Name, verdict, the figures that matter most, open incidents. */
export function head(view: MonitorView, madeAt: string): string {
  const { endpoint, version, slice, window, verdict } = view;
  const tone = verdict === "fail" ? "fail" : verdict === "pass" ? "pass" : "quiet";
  const mark = { fail: "✗", pass: "✓", quiet: "◌" }[tone];
  const sentence = verdictSentence(view);
  return [
    `<header><h1>${escape(endpoint)}${version === null ? "" : ` <small>version ${version}</small>`}${slice === "" ? "" : ` <small>${escape(slice)}</small>`}</h1>`,
    `<p class="soft">${window === null ? "No window with predictions is over yet" : escape(windowText(window))} · made ${escape(madeAt.slice(0, 16).replace("T", " "))} UTC by Slipway</p></header>`,
    `<p class="card verdict ${tone}">${mark} ${escape(sentence.charAt(0).toUpperCase() + sentence.slice(1))}.</p>`,
    tiles(view),
    view.incidents.length === 0 ? "" : section("incidents", "Open incidents", view.incidents.map(incident)),
  ].join("\n");
}

function tiles({ window, columns, performance }: MonitorView): string {
  const drifted = columns.filter((column) => toneOf(column) === "fail").length;
  const [best] = latestPoints(performance.points);
  const told: readonly (readonly [string, string])[] = [
    ...(window === null
      ? []
      : ([
          [window.rows.toLocaleString("en-US"), "predictions in the window"],
          [shareText(window.requests === 0 ? 0 : window.errors / window.requests), "of the requests failed"],
        ] as const)),
    ...(window?.latency ? [[`${figureText(window.latency.p99)} ms`, "latency, p99"] as const] : []),
    ...(columns.length > 0 ? [[`${drifted} of ${columns.length}`, "columns with a finding"] as const] : []),
    ...(best === undefined ? [] : [[figureText(best.value), `${best.metric}, ${best.kind}`] as const]),
    ...(performance.label_rate === null
      ? []
      : [[shareText(performance.label_rate), "of the labels that are due"] as const]),
  ];
  if (told.length === 0) return "";
  const each = told.map(
    ([figure, what]) => `<div class="tile"><b>${escape(figure)}</b><span>${escape(what)}</span></div>`,
  );
  return `<div class="tiles">${each.join("")}</div>`;
}

function incident({ title, severity, state, opened_at: openedAt, evidence, next, id }: MonitorIncident): string {
  const list = evidence.map((line) => `<li>${escape(line)}</li>`).join("");
  return [
    `<article class="card incident ${severity}"><h3>${escape(title)}</h3>`,
    `<p class="soft">${severity}, ${escape(state)}, since ${escape(openedAt.slice(0, 16).replace("T", " "))} UTC · ${escape(id)}</p>`,
    list === "" ? "" : `<ul>${list}</ul>`,
    next === null ? "" : `<p>Next: <code>${escape(next)}</code></p>`,
    "</article>",
  ].join("");
}

/** What the figures rest on. */
export function groundwork(view: MonitorView): string {
  const { window, reference, performance, notes } = view;
  const facts: readonly (readonly [string, string])[] = [
    ["traffic", window === null ? "none yet" : trafficText(window)],
    ["reference", reference === null ? "none: nothing that could have drifted is known" : referenceText(reference)],
    ...latestPoints(performance.points).map((point) => ["performance", pointText(point, window)] as const),
    ...(performance.estimator_error === null
      ? []
      : [
          [
            "the estimates",
            `were ${figureText(performance.estimator_error)} off on average in ${performance.estimator_windows} windows whose labels have come`,
          ] as const,
        ]),
    ...[...notes, ...(reference?.notes ?? [])].map((note) => ["note", note] as const),
  ];
  const list = facts.map(([name, value]) => `<dt>${escape(name)}</dt><dd>${escape(value)}</dd>`).join("");
  return section("ground", "What this rests on", [`<div class="card"><dl>${list}</dl></div>`]);
}
