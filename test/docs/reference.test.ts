import { describe, expect, test } from "vitest";
import { errorTable, type ErrorCode } from "@slipway/contract";
import { options } from "../../packages/server/src/config/index.ts";
import { configurationPage, renderConfiguration } from "../../tools/docs-config.ts";
import { errorsPage, isRaised, renderErrors } from "../../tools/docs-errors.ts";
import { readPage } from "./page.ts";

/** First cells of the first table, without their ticks. */
function firstCells(text: string): string[] {
  return [...text.matchAll(/^\| `([a-z_0-9]+)` \|/gm)].map(([, cell = ""]) => cell);
}

describe("what is generated is what `npm run docs` writes", () => {
  test(configurationPage, () => expect(readPage(configurationPage)).toBe(renderConfiguration()));
  test(errorsPage, () => expect(readPage(errorsPage)).toBe(renderErrors()));
});

test("every option of the server is on its page, and no other", () => {
  expect(firstCells(readPage(configurationPage))).toEqual(Object.keys(options));
});

test("every error code is on its page, and no other; what nothing raises is said to be so", () => {
  const page = readPage(errorsPage);
  expect(firstCells(page)).toEqual(Object.keys(errorTable));
  const unraised = (Object.keys(errorTable) as ErrorCode[]).filter((code) => !isRaised(code));
  const marked = [...page.matchAll(/^\| `([a-z_]+)` \|.*Nothing raises it/gm)].map(([, code]) => code);
  expect(marked).toEqual(unraised);
});
