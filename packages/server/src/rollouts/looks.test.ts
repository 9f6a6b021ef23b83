import { expect, test } from "vitest";
import { systemClock, type Clock } from "../kernel/clock.ts";
import type { Logger } from "../kernel/logger.ts";
import { createLooks } from "./looks.ts";
import type { RolloutEvidence } from "./ports.ts";
import { makeRollout, minuteMs, noon, stepping, twoSteps } from "./testing/given.ts";

const logger = { warn() {} } as unknown as Logger;
const turn = () => new Promise((resolve) => void setImmediate(resolve));

test("a look that hangs for good is given up, and another takes its place", async () => {
  let passed = 0;
  const clock: Clock = {
    ...systemClock,
    now: () => noon + passed,
    monotonic: () => passed,
    sleep: () => new Promise(() => {}),
  };
  const answers: ((found: Awaited<ReturnType<RolloutEvidence["observe"]>>) => void)[] = [];
  const observe: RolloutEvidence["observe"] = () => new Promise((resolve) => void answers.push(resolve));
  const evidence = { start: async () => {}, finish: async () => {}, observe };
  const looks = createLooks({ evidence, clock, logger, onDone() {} });
  const rollout = makeRollout(twoSteps, stepping());
  const found = (samples: number) => ({ samples, labels: 0, evidence: [] });
  looks.begin(rollout);
  passed = 5 * minuteMs;
  looks.begin(rollout);
  expect(answers).toHaveLength(1);
  passed = 10 * minuteMs;
  looks.begin(rollout);
  expect(answers).toHaveLength(2);
  answers[1]!(found(2));
  await turn();
  // Whatever it says now is old.
  answers[0]!(found(1));
  await turn();
  expect(looks.last(rollout.status)).toMatchObject({ at: noon + passed, samples: 2 });
  looks.begin(rollout);
  expect(answers).toHaveLength(3);
});
