import type { CommandGroup } from "./command-spec.ts";

/** What works on a folder with a model, before a server has it or after. */
export const packageCommands: CommandGroup = {
  title: "Package",
  commands: [
    {
      usage: "init <model> [data]",
      summary: "write a commented slipway.yaml from a model file and a sample of data",
      about:
        "MODEL is an ONNX file, DATA a CSV, JSON, JSON lines or Parquet file. Names of the columns of a matrix come from the data in their order, types from the model, ranges, missing values and classes from the data; what is guessed is called so. Needs no server.",
      options: [
        [
          "--dir <folder>",
          "where slipway.yaml goes; the model is copied there unless it is below (default: beside the model)",
        ],
        ["--name <name>", "the model's name (default: from the file's name)"],
        ["--examples <count>", "run the model here on so many rows, and keep rows and answers as examples.json"],
        ["--stdout", "print slipway.yaml and write nothing"],
        ["--force", "write over files that are there"],
      ],
      examples: [
        "slipway init model.onnx flights.csv --name flight-delay",
        "slipway init model.onnx flights.parquet --examples 100",
        "slipway init model.onnx --stdout",
      ],
      load: async () => (await import("../commands/init.ts")).init,
    },
    {
      usage: "check <path>",
      summary: "try a model and its slipway.yaml here, as a deploy would, before any server",
      about:
        "PATH is a model file (.onnx), a slipway.yaml or its folder. Manifest, files, signature, the recorded examples, time against serve.timeout, memory against serve.memory, the age of the training, and the digest that a deploy will give. Ends with 1 where something failed. Needs no server.",
      options: [["--expect <digest>", "fail unless a deploy would give this SHA-256"]],
      examples: ["slipway check ./flight-delay", "slipway check model.onnx --json"],
      load: async () => (await import("../commands/check.ts")).check,
    },
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
