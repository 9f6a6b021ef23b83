// `bin/slipway.js` starts this on a Node that can run it.
import { exitCodes } from "./exit-codes.ts";

const argv = process.argv.slice(2);

if (argv.length === 0 || (argv.length === 1 && ["--help", "-h", "help"].includes(argv[0] ?? ""))) {
  // The most common question, answered without loading anything else.
  const { rootHelp } = await import("./root-help.ts");
  process.stdout.write(rootHelp());
  process.exitCode = exitCodes.ok;
} else {
  const { followParent } = await import("./parent-channel.ts");
  followParent();
  const { main } = await import("./main.ts");
  const code = await main(argv);
  process.exitCode = code;
  // Whatever still holds the process then (a socket, a thread) has nothing more to say.
  setTimeout(() => process.exit(code), 1000).unref();
}
