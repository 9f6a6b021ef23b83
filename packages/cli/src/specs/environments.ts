import type { CommandGroup } from "./command-spec.ts";

export const environmentCommands: CommandGroup = {
  title: "Python environments",
  commands: [
    {
      usage: "envs",
      summary: "Python environments on the server's disk, and which versions use them",
      about:
        "Versions with the same lock share one. An environment that is marked as overlay was made to try something out; no version needs it.",
      examples: ["slipway envs", "slipway envs -o json"],
      load: async () => (await import("../commands/environments.ts")).environments,
    },
    {
      usage: "envs verify [hash]",
      summary: "compare the files of one or all environments with the packages they came in",
      about: "Ends with 1 where something differs. The beginning of a hash will do.",
      examples: ["slipway envs verify", "slipway envs verify 3f2a91"],
      load: async () => (await import("../commands/environments.ts")).verifyEnvironments,
    },
    {
      usage: "envs prune",
      summary: "take away environments that no version needs",
      about:
        "What is taken away is made anew where somebody needs it, with the same packages. What another server on the same folder uses stays.",
      options: [
        ["--dry-run", "say what would go and change nothing"],
        ["--older-than <duration>", "what was used within this time stays: 90m, 24h (default: 7d)"],
      ],
      examples: ["slipway envs prune --dry-run", "slipway envs prune --older-than 1d"],
      load: async () => (await import("../commands/environments.ts")).pruneEnvironments,
    },
    {
      usage: "envs rebuild <hash>",
      summary: "make an environment anew from its lock",
      about:
        "The same packages, byte for byte. Model processes that run in it go on with what they have loaded; versions that are loaded afterwards get the new one.",
      options: [["--offline", "with nothing but packages that were fetched before"]],
      examples: ["slipway envs rebuild 3f2a91", "slipway envs rebuild 3f2a91 --offline"],
      load: async () => (await import("../commands/environments.ts")).rebuildEnvironment,
    },
  ],
};
