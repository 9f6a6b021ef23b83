import type { CommandGroup } from "./command-spec.ts";

const dataOption = ["--data <dir>", "the server's data folder (SLIPWAY_DATA; default: slipway-data)"] as const;
const about = "Works on the data folder itself, whether a server runs on it or not.";

export const tokenCommands: CommandGroup = {
  title: "Access",
  commands: [
    {
      usage: "token create",
      summary: "make a token; its secret is shown this once",
      about: `${about} infer predicts, read looks, track looks and logs what MLflow clients log, deploy does all of these and changes models and endpoints, admin may do everything. With a rate, requests that need infer (predictions, their labels, descriptions of a model) beyond it are refused with 429, per server; a request of many rows is one.`,
      options: [
        dataOption,
        ["--user <name>!", "who holds it, as it stands in the history"],
        ["--scope <infer|read|track|deploy|admin>!", "what it may do"],
        ["--rate <rate>", "most predictions: 100/s, 60/m or 1000/h (default: as many as it likes)"],
        ["--burst <count>", "how many of them may come at once after a pause (default: the number of the rate)"],
      ],
      examples: [
        "slipway token create --data ./slipway-data --user ci --scope deploy",
        "export SLIPWAY_TOKEN=$(slipway token create --user me --scope admin --quiet)",
        "slipway token create --user shop --scope infer --rate 100/s --burst 20",
      ],
      load: async () => (await import("../commands/tokens.ts")).createToken,
    },
    {
      usage: "token list",
      summary: "all tokens, without their secrets",
      about,
      options: [dataOption],
      examples: ["slipway token list --data ./slipway-data"],
      load: async () => (await import("../commands/tokens.ts")).listTokens,
    },
    {
      usage: "token revoke <id>",
      summary: "take a token back; a running server refuses it within five seconds",
      about,
      options: [dataOption],
      examples: ["slipway token revoke 01931c3e-7a51-7c60-b3a5-0d2f6f1f2a11 --data ./slipway-data"],
      load: async () => (await import("../commands/tokens.ts")).revokeToken,
    },
    {
      usage: "audit",
      summary: "who changed what and when: tokens, versions, aliases, stages, revisions, webhooks, erasures",
      about:
        "The audit trail is appended to in the transaction of each change and never changed. It needs an admin token.",
      options: [
        ["--subject <subject>", "only about this: an endpoint, NAME@VERSION, NAME@ALIAS, a token's id"],
        ["--action <action>", "only this action (alias.set), or all of a noun (alias)"],
        ["--actor <user>", "only what this user did"],
        ["--since <when>", "from then on: a time, or a duration back from now such as 1d"],
        ["--limit <count>", "how many, or all (default: 20)"],
      ],
      examples: [
        "slipway audit --since 7d",
        "slipway audit --action alias --subject flight-delay@champion",
        "slipway audit --subject flight-delay --action endpoint -o json",
      ],
      load: async () => (await import("../commands/audit.ts")).audit,
    },
  ],
};
