import type { CommandGroup } from "./command-spec.ts";

/** What works on a folder with a model, before a server has it or after. */
export const packageCommands: CommandGroup = {
  title: "Package",
  commands: [
    {
      usage: "export <address> <dir>",
      summary: "write a version as a plain folder that can be deployed anywhere",
      about:
        "Writes the model's files as they were deployed, a complete slipway.yaml, signature.json, a README and a Dockerfile. The SHA-256 of every file is checked; deploying the folder gives the same digest. How the endpoint of the model's name serves and records goes along. Predictions, labels and secrets do not.",
      options: [["--force", "write into a folder that is not empty, over files of the same names"]],
      examples: ["slipway export flight-delay@2 ./flight-delay-2"],
      load: async () => (await import("../commands/export.ts")).exportVersion,
    },
  ],
};
