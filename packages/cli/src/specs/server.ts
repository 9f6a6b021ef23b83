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
        ["--base-path <path>", "path in front of every address, behind a proxy"],
        ["--tls-cert <file>", "certificate chain, PEM"],
        ["--tls-key <file>", "private key, PEM"],
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
        ["--level <level>", "debug, info, warn or error, and what is above it"],
      ],
      examples: ["slipway logs", "slipway logs flight-delay --level warn"],
      load: async () => (await import("../commands/logs.ts")).logs,
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
