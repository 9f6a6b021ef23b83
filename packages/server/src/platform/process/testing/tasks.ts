import { SlipwayError } from "@slipway/contract/errors";
import { setTimeout as wait } from "node:timers/promises";

interface Input {
  readonly do: keyof typeof tasks;
  readonly value?: unknown;
}

const held: Buffer[] = [];

const tasks = {
  echo: (value: unknown) => ({
    value,
    pid: process.pid,
    secrets: Object.keys(process.env).filter((name) => /TOKEN|SECRET/.test(name)),
  }),
  abort: () => process.abort(),
  leave: () => process.exit(3),
  spin: () => {
    for (;;);
  },
  sleep: () => wait(60_000),
  hoard: async () => {
    for (;;) {
      held.push(Buffer.alloc(20 * 2 ** 20, 1));
      await wait(1);
    }
  },
  heap: () => {
    const list: string[][] = [];
    for (;;) list.push(Array.from({ length: 10_000 }, (_, i) => `${list.length} ${i}`));
  },
  refuse: (value: unknown) => {
    throw new SlipwayError("invalid_model", "No.", { value });
  },
  fail: () => {
    throw new TypeError("a bug");
  },
};

export async function run(input: Input, onProgress: (progress: unknown) => void): Promise<unknown> {
  onProgress(`doing ${input.do}`);
  return await tasks[input.do](input.value);
}
