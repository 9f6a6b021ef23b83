import type { CommandGroup } from "./command-spec.ts";
import { messageOption } from "./command-spec.ts";

export const incidentCommands: CommandGroup = {
  title: "Incidents",
  commands: [
    {
      usage: "incidents list [name]",
      summary: "what is wrong now, of one endpoint or of all",
      about:
        "One incident holds everything that is wrong with one version behind one endpoint. Severity info is said and told to nobody: inputs moved, and labels show that the answers stayed as good.",
      options: [
        ["--all", "those that are over, too"],
        ["--severity <critical|warning|info>", "only these"],
        ["--since <when>", "opened from then on: 15m, 2h, 7d, 2026-11-22"],
        ["--limit <count>", "how many, or all (default: 20)"],
      ],
      examples: ["slipway incidents list", "slipway incidents list flight-delay --all --since 7d -o json"],
      load: async () => (await import("../commands/incidents.ts")).listIncidents,
    },
    {
      usage: "incidents show <id>",
      summary: "one incident: what it is about, its history, what to run next",
      examples: ["slipway incidents show 01931c3e-7a51-7c60-b3a5-0d2f6f1f2a11"],
      load: async () => (await import("../commands/incidents.ts")).showIncident,
    },
    {
      usage: "incidents ack <id>",
      summary: "say that you look at it: it is told again only where it gets worse",
      options: [messageOption],
      examples: ['slipway incidents ack 01931c3e-7a51-7c60-b3a5-0d2f6f1f2a11 -m "the feed is being repaired"'],
      load: async () => (await import("../commands/incidents.ts")).acknowledge,
    },
    {
      usage: "incidents mute <id>",
      summary: "tell nothing of it for a while",
      options: [["--for <duration>", "how long: 30m, 2h, 7d (default: 2h)"], messageOption],
      examples: ["slipway incidents mute 01931c3e-7a51-7c60-b3a5-0d2f6f1f2a11 --for 8h"],
      load: async () => (await import("../commands/incidents.ts")).mute,
    },
    {
      usage: "incidents unmute <id>",
      summary: "tell of it again",
      options: [messageOption],
      examples: ["slipway incidents unmute 01931c3e-7a51-7c60-b3a5-0d2f6f1f2a11"],
      load: async () => (await import("../commands/incidents.ts")).unmute,
    },
    {
      usage: "incidents resolve <id>",
      summary: "say that it is over: what fires now opens no other one until it has stopped once",
      options: [messageOption],
      examples: ["slipway incidents resolve 01931c3e-7a51-7c60-b3a5-0d2f6f1f2a11"],
      load: async () => (await import("../commands/incidents.ts")).resolveIncident,
    },
    {
      usage: "channels add <name>",
      summary: "tell somebody of incidents",
      about:
        "A webhook gets CloudEvents, signed with the secret as Standard Webhooks are. Messages are kept until they are taken, for a day. Addresses of private networks and without TLS are refused unless the server was started with --webhook-private. A secret of - is read from stdin.",
      options: [
        ["--kind <webhook|slack|pagerduty|alertmanager|email>!", "what it is"],
        ["--address <url>", "where it goes: https://, or smtp:// and smtps:// of mail (PagerDuty has its own)"],
        [
          "--secret <text>",
          "webhook: the key to sign with; pagerduty: the integration key; email: the password; -: stdin",
        ],
        ["--to <addresses>", "of mail: to whom, with commas between"],
        ["--from <address>", "of mail: from whom"],
        ["--min-severity <warning|critical>", "only incidents this bad (default: warning)"],
        ["--endpoints <names>", "only of these endpoints, with commas between (default: all)"],
      ],
      examples: [
        "slipway channels add ops --kind slack --address https://hooks.slack.com/services/T0/B0/XXXX",
        "printenv PAGERDUTY_KEY | slipway channels add duty --kind pagerduty --secret - --min-severity critical",
        "slipway channels add team --kind email --address smtp://slipway@mail.example.com:587 --secret - --to ml@example.com --from slipway@example.com",
      ],
      load: async () => (await import("../commands/channels.ts")).addChannel,
    },
    {
      usage: "channels list",
      summary: "who is told, and whether the messages arrive",
      examples: ["slipway channels list"],
      load: async () => (await import("../commands/channels.ts")).listChannels,
    },
    {
      usage: "channels test <name>",
      summary: "send an example now and say what came of it; ends with 1 where it was not taken",
      examples: ["slipway channels test ops"],
      load: async () => (await import("../commands/channels.ts")).testChannel,
    },
    {
      usage: "channels remove <name>",
      summary: "tell nothing more there; what waits is dropped",
      examples: ["slipway channels remove ops"],
      load: async () => (await import("../commands/channels.ts")).removeChannel,
    },
    {
      usage: "monitor backtest <address>",
      summary: "go through the past: how often each monitor would have alarmed",
      about:
        "The same judges and rules that watch what comes look at the windows of the last days; nothing is written and nobody is told. --file tries other settings than those in force.",
      options: [
        ["--days <count>", "how far back (default: 30)"],
        ["--file <slipway.yaml>", "try the monitor section of this file"],
      ],
      examples: [
        "slipway monitor backtest flight-delay --days 30",
        "slipway monitor backtest flight-delay@2 --file slipway.yaml -o json",
      ],
      load: async () => (await import("../commands/backtest.ts")).backtest,
    },
  ],
};
