import type { CommandGroup } from "./command-spec.ts";

export const shellCommands: CommandGroup = {
  title: "Your shell and your code",
  commands: [
    {
      usage: "types <name>",
      summary: "TypeScript types of what an endpoint takes and gives",
      about:
        "Made from the version that serves now: write them anew when a version with other inputs or outputs takes over.",
      options: [["--out <file>", "write them there instead of printing them"]],
      examples: ["slipway types flight-delay --out src/flight-delay.ts"],
      load: async () => (await import("../commands/types.ts")).types,
    },
    {
      usage: "completion <bash|zsh|fish>",
      summary: "a script that completes commands and options in your shell",
      about: [
        "bash: `source <(slipway completion bash)` in `~/.bashrc`.",
        "zsh: `slipway completion zsh > ~/.zfunc/_slipway`, with `~/.zfunc` in fpath before compinit.",
        "fish: `slipway completion fish > ~/.config/fish/completions/slipway.fish`.",
      ].join("\n"),
      examples: [
        "slipway completion fish > ~/.config/fish/completions/slipway.fish",
        "source <(slipway completion bash)",
      ],
      load: async () => (await import("../commands/completion.ts")).completion,
    },
  ],
};
