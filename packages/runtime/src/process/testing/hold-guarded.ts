import { startGuarded } from "../guarded-process.ts";

// Starts a program that starts another one, neither of which looks after this process; says the number of their group and stays.
const { pid } = startGuarded({
  command: ["sh", "-c", "trap '' TERM HUP; sleep 1000 & sleep 1000"],
  environment: { PATH: process.env["PATH"] },
  socket: false,
});
process.stdout.write(`${pid}\n`);
setInterval(() => {}, 1000);
