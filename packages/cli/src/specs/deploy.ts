import { flavors } from "@slipway/contract/flavors";
import { breakingOption, messageOption, type CommandGroup } from "./command-spec.ts";

const expectOption = ["--expect <digest>", "refuse unless the version has this SHA-256"] as const;

export const deployCommands: CommandGroup = {
  title: "Deploy",
  commands: [
    {
      usage: "deploy <path>",
      summary: "make a version of a model file and serve it; or serve what was logged or registered with MLflow",
      about:
        "PATH is a model file (.onnx, .joblib, .pkl, .skops, .ubj, .pt, .keras, a .py with predict(), ...), a folder (of MLflow, of TensorFlow, of Hugging Face, or with a slipway.yaml), or the URL of a model that another server runs; or what the server has already: models:/NAME@ALIAS, models:/NAME/VERSION, models:/m-ID, runs:/ID/PATH. The server says what it saw. A model of Python gets the environment that it asks for, and is served as ONNX where a translation is proven to answer the same. Files that the server has already are not sent again. Ctrl-C cancels the deployment.",
      options: [
        [
          "--name <name>",
          "the model's name (default: from slipway.yaml, or from the file's name; of runs:/, as it was logged)",
        ],
        ["--endpoint <name>", "the endpoint that serves it (default: the model's name)"],
        ["--flavor <flavor>", `what the file is, where its name does not say: ${flavors.join(", ")}`],
        ["--runtime <runtime>", "what may serve a Python model: auto (default), python, onnx"],
        ["--no-traffic", "register the version and serve it to nobody"],
        ["--detach", "do not wait: print the operation and leave"],
        expectOption,
        breakingOption,
        messageOption,
      ],
      examples: [
        "slipway deploy model.onnx --name flight-delay",
        'slipway deploy ./flight-delay -m "trained to March"',
        "slipway deploy ./mlruns/1/artifacts/model --name churn",
        "slipway deploy forest.joblib --runtime python",
        "slipway deploy http://triton:8000/v2/models/resnet",
        "slipway deploy models:/churn@champion",
        "slipway deploy runs:/0a1b2c3d/model --name churn",
      ],
      load: async () => (await import("../commands/deploy.ts")).deploy,
    },
    {
      usage: "apply",
      summary: "bring an endpoint to what a slipway.yaml says; changes nothing where it holds",
      about:
        "A file that names a model (`model: {path: …}`) brings the model too, as `deploy` does; one without it changes only how the endpoint serves and records.",
      options: [
        ["-f, --file <file>!", "slipway.yaml; - is stdin"],
        ["--dry-run", "only say what would change"],
        expectOption,
        breakingOption,
        messageOption,
      ],
      examples: ["slipway apply -f slipway.yaml --dry-run"],
      load: async () => (await import("../commands/apply.ts")).apply,
    },
    {
      usage: "promote <address>",
      summary: "make a version champion and send it all traffic",
      options: [breakingOption, messageOption],
      examples: ["slipway promote flight-delay@2"],
      load: async () => (await import("../commands/endpoints.ts")).promote,
    },
    {
      usage: "rollback <name>",
      summary: "take an endpoint back to an earlier revision",
      about:
        "By default it goes back to the last settled state: all traffic at one version, and another version or other settings than now. While the traffic is divided, that is the version that serves, alone. What a rollback leads to has its traffic undivided.",
      options: [["--to <revision>", "a revision of `slipway history` (default: the last settled one)"], messageOption],
      examples: ["slipway rollback flight-delay", "slipway rollback flight-delay --to 3"],
      load: async () => (await import("../commands/endpoints.ts")).rollback,
    },
    {
      usage: "traffic show <name>",
      summary: "how the traffic of an endpoint is divided",
      examples: ["slipway traffic show flight-delay"],
      load: async () => (await import("../commands/traffic.ts")).trafficShow,
    },
    {
      usage: "traffic set <share...>",
      summary: "divide the traffic of an endpoint between versions",
      about:
        "NAME@2=10 gives 10 % to version 2, in steps of 0.01 %; the version that serves has what is left. All versions are loaded before any traffic moves. Who got a version by its unit keeps it while the share grows. Unit, rules, control and shadows that are not named stay as they are, but for rules whose version is not named. It ends a rollout that is under way.",
      options: [
        [
          "--unit <unit>",
          "what stays with one version: a record field, or header:NAME (default: as it is; at first each request by itself)",
        ],
        [
          "--rule <rules>",
          "header:x-tester=yes@2 or country=FR,DE@2: who has one of the values gets the version; several with ; between",
        ],
        ["--control", "a part of the version that serves as large as the new one's, to compare it with"],
        ["--shadow <shares>", "3=10: version 3 answers 10 % once more for nobody; several with , between"],
        ["--clear", "all traffic to the version that serves, no rules, no shadows: slipway traffic set NAME --clear"],
        breakingOption,
        messageOption,
      ],
      examples: [
        "slipway traffic set flight-delay@1=90 flight-delay@2=10",
        "slipway traffic set flight-delay@2=0.5 --unit user_id --control",
        "slipway traffic set flight-delay@2=0 --rule header:x-tester=yes@2",
        "slipway traffic set flight-delay --clear",
      ],
      load: async () => (await import("../commands/traffic.ts")).trafficSet,
    },
    {
      usage: "stop <name>",
      summary: "the kill switch: no version of an endpoint answers any more, at once",
      about:
        "Nothing has to load for it and nothing is waited for. Divided traffic is undivided, and a rollout that is under way ends. Versions stay in memory, and `slipway start` takes it back; it lasts over restarts, deploys and rollbacks, until then or until an undeploy.",
      options: [["--fallback", "the endpoint's fallback (serve.fallback) answers; else nothing does"], messageOption],
      examples: ["slipway stop flight-delay --fallback"],
      load: async () => (await import("../commands/traffic.ts")).stop,
    },
    {
      usage: "start <name>",
      summary: "take the kill switch back: the version that served answers again",
      options: [messageOption],
      examples: ["slipway start flight-delay"],
      load: async () => (await import("../commands/traffic.ts")).start,
    },
    {
      usage: "undeploy <name>",
      summary: "take an endpoint out of service; versions and predictions stay",
      examples: ["slipway undeploy flight-delay --yes"],
      load: async () => (await import("../commands/endpoints.ts")).undeploy,
    },
    {
      usage: "operations [id]",
      summary: "long work and how far it is, or everything about one piece of it",
      options: [["--limit <count>", "how many, or all (default: 20)"]],
      examples: ["slipway operations", "slipway operations 01931c3e-7a51-7c60-b3a5-0d2f6f1f2a11"],
      load: async () => (await import("../commands/operations.ts")).operations,
    },
    {
      usage: "operation cancel <id>",
      summary: "cancel an operation",
      examples: ["slipway operation cancel 01931c3e-7a51-7c60-b3a5-0d2f6f1f2a11"],
      load: async () => (await import("../commands/operations.ts")).cancelOperation,
    },
  ],
};
