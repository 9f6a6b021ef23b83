import type { CommandGroup } from "./command-spec.ts";

export const serverCommands: CommandGroup = {
  title: "Server",
  commands: [
    {
      usage: "up",
      summary: "start a server on this machine",
      about: "Every other option of the configuration is taken too, as --name value.",
      options: [
        ["--data <dir>", "where everything is kept (SLIPWAY_DATA; default: slipway-data)"],
        ["--host <address>", "address to listen on (default: 127.0.0.1, this machine only)"],
        ["--port <number>", "port to listen on, 0 takes a free one (default: 8080)"],
        ["--config <file>", "configuration file"],
        ["--base-path <prefix>", "path in front of every address, behind a proxy"],
        ["--tls-cert <file>", "certificate chain, PEM"],
        ["--tls-key <file>", "private key, PEM"],
        ["--mlflow-ui [folder]", "serve the web UI of an installed mlflow package at /mlflow/"],
      ],
      examples: ["slipway up --data ./slipway-data --port 8080"],
      open: true,
      load: async () => (await import("../commands/up.ts")).up,
    },
    {
      usage: "status",
      summary: "how the server does, and what it serves",
      examples: ["slipway status", "slipway status --json"],
      load: async () => (await import("../commands/status.ts")).status,
    },
    {
      usage: "logs [name]",
      summary: "the last lines of the server's own log",
      options: [
        ["--limit <count>", "how many lines (default: 200)"],
        ["--level <debug|info|warn|error>", "this level and what is above it"],
        ["-F, --follow", "go on with new ones as they come"],
      ],
      examples: ["slipway logs", "slipway logs flight-delay --level warn", "slipway logs --follow"],
      load: async () => (await import("../commands/logs.ts")).logs,
    },
    {
      usage: "doctor",
      summary: "look for what keeps a server from starting or staying healthy here",
      about:
        "Looks at this machine and changes nothing: Node, configuration, data folder, disk, port, ONNX runtime, open files. Takes the options of `slipway up`. Ends with 1 where something failed.",
      options: [
        ["--data <dir>", "the data folder (SLIPWAY_DATA; default: slipway-data)"],
        ["--host <address>", "address to listen on (default: 127.0.0.1)"],
        ["--port <number>", "port to listen on (default: 8080)"],
        ["--config <file>", "configuration file"],
      ],
      examples: ["slipway doctor", "slipway doctor --data /srv/slipway --port 80"],
      open: true,
      load: async () => (await import("../commands/doctor.ts")).doctor,
    },
    {
      usage: "backup <file>",
      summary: "copy everything that a server keeps into one file, while it serves",
      about:
        "The file is a tar archive of one moment: models, endpoints, tokens, predictions, labels. It appears when it is whole and proven. - writes it to stdout. With --data it is taken from a data folder that no server uses.",
      options: [
        ["--force", "replace the file where it is there"],
        ["--data <dir>", "a data folder, in place of a running server"],
      ],
      examples: ["slipway backup slipway.tar", "slipway backup - | zstd > slipway.tar.zst"],
      load: async () => (await import("../commands/backup.ts")).backup,
    },
    {
      usage: "restore <file>",
      summary: "make a data folder of a backup",
      about:
        "The folder must be new or empty. It appears when every byte is proven and on the disk; a damaged, cut or newer backup is refused, and nothing is left behind. - reads stdin.",
      options: [
        ["--data <dir>", "the folder to make (SLIPWAY_DATA; default: slipway-data)"],
        ["--verify", "only say whether the backup is whole"],
      ],
      examples: ["slipway restore slipway.tar --data ./slipway-data", "slipway restore slipway.tar --verify"],
      load: async () => (await import("../commands/backup.ts")).restore,
    },
    {
      usage: "gc",
      summary: "free disk space: take away files that nothing needs any more",
      about:
        "Experiments, runs and logged models that were deleted 30 days ago, with their artifacts; files of no living version and no artifact, uploads that were given up, laid out copies of versions that are not in memory, damaged files that were put aside, records of operations that ended 30 days ago. Predictions of a deleted version cannot be run again once its files are gone.",
      options: [
        ["--dry-run", "say what would go and change nothing"],
        ["--older-than <duration>", "what changed later stays: 90m, 24h, 7d (default: 24h)"],
        ["--deleted-older-than <duration>", "deleted runs can be restored for so long (default: 30d)"],
        ["--operations-older-than <duration>", "ended operations are kept for so long (default: 30d)"],
      ],
      examples: ["slipway gc --dry-run", "slipway gc --older-than 1h", "slipway gc --deleted-older-than 7d"],
      load: async () => (await import("../commands/gc.ts")).gc,
    },
    {
      usage: "config check",
      summary: "check a configuration file without starting a server",
      options: [["--config <file>!", "configuration file"]],
      examples: ["slipway config check --config slipway.config.yaml"],
      load: async () => (await import("../commands/up.ts")).configCheck,
    },
  ],
};
