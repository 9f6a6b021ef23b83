import { expect, test } from "vitest";
import { systemClock } from "./clock.ts";

test("a sleep longer than a timer of Node can be does not end at once", async () => {
  const ended = new AbortController();
  const month = systemClock.sleep(30 * 86_400_000, ended.signal).then(() => "over");
  expect(await Promise.race([month, systemClock.sleep(50).then(() => "still asleep")])).toBe("still asleep");
  ended.abort();
  expect(await month).toBe("over");
});
