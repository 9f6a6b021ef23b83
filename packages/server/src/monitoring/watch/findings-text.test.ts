import { expect, test } from "vitest";
import { passing } from "../finding.ts";
import { parseFindings, toFindingsText } from "./findings-text.ts";

const of = (slice: string, message = "") => ({ ...passing("drift.input"), slice, message });

test("findings come back as they were, all or those of one slice, of which alone the text is parsed", async () => {
  const findings = [of("", "a\tb\nc"), of(""), of("origin=ORD"), of("a\tb"), of('x"y')];
  const text = await toFindingsText(findings);
  expect(parseFindings(text, null)).toEqual(findings);
  for (const slice of ["", "origin=ORD", "a\tb", 'x"y'])
    expect(parseFindings(text, slice)).toEqual(findings.filter((finding) => finding.slice === slice));
  expect(parseFindings(text, "origin")).toEqual([]);
  const broken = text.replace(/("origin=ORD"\t).*/, "$1{");
  expect(parseFindings(broken, "")).toEqual(findings.slice(0, 2));
  expect(parseFindings(await toFindingsText([]), null)).toEqual([]);
  expect(parseFindings(JSON.stringify(findings), "origin=ORD")).toEqual([of("origin=ORD")]);
});
