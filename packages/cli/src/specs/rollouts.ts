import { breakingOption, messageOption, type CommandGroup } from "./command-spec.ts";

const stay = ["--stay", "with --watch or --wait: go on while it waits for a person"] as const;
const names = "<name>";

export const rolloutCommands: CommandGroup = {
  title: "Rollouts",
  commands: [
    {
      usage: "rollout start <address>",
      summary: "release a version step by step, and take it back where it does harm",
      about:
        "NAME@V gets what the `rollout:` section of --file says, else the endpoint's own, else the defaults: gates, then steps of the traffic, each compared with the champion at the same time. --dry-run says how long that would take at the present traffic, and how soon harm would be seen. --wait ends as `rollout status --watch` does.",
      options: [
        [
          "--strategy <immediate|shadow|canary|blue-green|ab>",
          "in the place of what the section says (default: canary)",
        ],
        ["--file <slipway.yaml>", "the rollout section of this file, in the place of the endpoint's own"],
        ["--endpoint <name>", "the endpoint (default: the model's name)"],
        ["--supersede", "end the rollout that is under way at the endpoint; without it this one is refused"],
        ["--dry-run", "begin nothing: only say what would come"],
        ["--wait", "write what happens until it ends"],
        stay,
        breakingOption,
        messageOption,
      ],
      examples: [
        "slipway rollout start flight-delay@2",
        "slipway rollout start flight-delay@2 --strategy canary --dry-run",
        "slipway rollout start flight-delay@challenger --file slipway.yaml --wait",
      ],
      load: async () => (await import("../commands/rollout-start.ts")).startRollout,
    },
    {
      usage: "rollout list [name]",
      summary: "rollouts, newest first, of one endpoint or of all",
      options: [
        ["--active", "only those that have not ended"],
        ["--limit <count>", "how many, or all (default: 20)"],
      ],
      examples: ["slipway rollout list", "slipway rollout list flight-delay -o csv"],
      load: async () => (await import("../commands/rollouts.ts")).listRollouts,
    },
    {
      usage: `rollout status ${names}`,
      summary: "where a rollout stands: of an endpoint the present one, else the last; or by its id",
      about:
        "--watch writes each event until the rollout ends, and ends with 0 where it succeeded, 6 where it was rolled back, 7 where a gate rejected it, 8 where it waits for a person, 9 where it was aborted or superseded. Ctrl-C leaves the rollout going on.",
      options: [["-w, --watch", "write what happens until it ends; the exit code says how"], stay],
      examples: ["slipway rollout status flight-delay", "slipway rollout status flight-delay --watch"],
      load: async () => (await import("../commands/rollouts.ts")).rolloutStatus,
    },
    {
      usage: `rollout explain ${names}`,
      summary: "where it stands, what it waits for, by what evidence, and what comes next",
      about:
        "EVIDENCE is how near what is known of a metric is to the proof of harm: at 100 % a guardrail rolls back. VERDICT is pass, fail, inconclusive (what is known does not decide it), no_data (there was nothing to look at) or error (it could not be looked at).",
      examples: ["slipway rollout explain flight-delay", "slipway rollout explain flight-delay --json"],
      load: async () => (await import("../commands/rollout-explain.ts")).explainRollout,
    },
    {
      usage: `rollout events ${names}`,
      summary: "all that happened to it, oldest first, with a chain of hashes; ends with 1 where that is broken",
      options: [["--limit <count>", "how many, or all (default: all)"]],
      examples: ["slipway rollout events flight-delay", "slipway rollout events flight-delay --json"],
      load: async () => (await import("../commands/rollout-explain.ts")).rolloutEvents,
    },
    {
      usage: `rollout pause ${names}`,
      summary: "stay in this step until it is resumed; it is still rolled back where harm is proven",
      options: [messageOption],
      examples: ['slipway rollout pause flight-delay -m "the feed is being repaired"'],
      load: async () => (await import("../commands/rollouts.ts")).pauseRollout,
    },
    {
      usage: `rollout resume ${names}`,
      summary: "go on with one that was paused",
      options: [messageOption],
      examples: ["slipway rollout resume flight-delay"],
      load: async () => (await import("../commands/rollouts.ts")).resumeRollout,
    },
    {
      usage: `rollout approve ${names}`,
      summary: "agree that it goes on; somebody else than who began it",
      options: [messageOption],
      examples: ['slipway rollout approve flight-delay -m "seen by the desk"'],
      load: async () => (await import("../commands/rollouts.ts")).approveRollout,
    },
    {
      usage: `rollout skip-step ${names}`,
      summary: "go on to the next step without what this one waits for",
      options: [messageOption],
      examples: ["slipway rollout skip-step flight-delay"],
      load: async () => (await import("../commands/rollouts.ts")).skipStep,
    },
    {
      usage: `rollout promote ${names}`,
      summary: "send all traffic to the candidate now, without the remaining steps",
      options: [messageOption],
      examples: ["slipway rollout promote flight-delay --yes"],
      load: async () => (await import("../commands/rollouts.ts")).promoteRollout,
    },
    {
      usage: `rollout abort ${names}`,
      summary: "take all traffic from the candidate, at once",
      options: [messageOption],
      examples: ['slipway rollout abort flight-delay -m "the wrong file"'],
      load: async () => (await import("../commands/rollouts.ts")).abortRollout,
    },
  ],
};
