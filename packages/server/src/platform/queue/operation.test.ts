import { assert, constantFrom, array, property } from "fast-check";
import { expect, test } from "vitest";
import { createId } from "../../kernel/ids.ts";
import { advance, isFinished, nextState, withProgress } from "./operation.ts";
import type { Operation, OperationEvent, OperationState } from "./operation.ts";

const queued: Operation = {
  id: createId(),
  kind: "deploy",
  subject: "model:m",
  state: "queued",
  stage: "",
  message: "",
  fraction: null,
  result: null,
  error: null,
  createdAt: 1,
  updatedAt: 1,
  finishedAt: null,
  log: [],
};

test("every path ends in one finished state and stays there", () => {
  const event = constantFrom<OperationEvent>("start", "succeed", "fail", "cancel");
  assert(
    property(array(event, { maxLength: 8 }), (events) => {
      let operation = queued;
      for (const [at, next] of events.entries()) {
        const state: OperationState | null = nextState(operation.state, next);
        if (state === null) expect(() => advance(operation, next, { at })).toThrow("cannot");
        else {
          expect(isFinished(operation.state)).toBe(false);
          operation = advance(operation, next, { at });
          expect(operation.state).toBe(state);
        }
        expect(operation.finishedAt !== null).toBe(isFinished(operation.state));
        if (operation.state === "succeeded") expect(events.slice(0, at)).toContain("start");
      }
    }),
  );
});

test("progress is logged once a stage and message, and bounded", () => {
  let operation = withProgress(queued, { stage: "probe", message: "Opening", fraction: 0.5 }, 10);
  operation = withProgress(operation, { stage: "probe", message: "Opening", fraction: 7 }, 11);
  expect(operation).toMatchObject({ stage: "probe", message: "Opening", fraction: 1, updatedAt: 11 });
  expect(operation.log).toEqual([{ at: 10, stage: "probe", message: "Opening" }]);
  expect(withProgress(operation, { stage: "s", message: "m", fraction: Number.NaN }, 12).fraction).toBe(0);
  for (let i = 0; i < 600; i++) operation = withProgress(operation, { stage: "s", message: `${i}`, fraction: null }, i);
  expect(operation.log.length).toBe(500);
  expect(operation.log.at(-1)?.message).toBe("599");
});
