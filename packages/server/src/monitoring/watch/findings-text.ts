import type { Finding } from "../finding.ts";

/**
 * One line for each slice: its name as JSON, a tab, its findings as JSON, in which neither a tab nor the end of a line stands as it is.
 * Whoever asks for one slice of a thousand windows parses no other. None at all are `[]`.
 */
export async function toFindingsText(findings: readonly Finding[]): Promise<string> {
  if (findings.length === 0) return "[]";
  const slices = new Map<string, Finding[]>();
  for (const finding of findings) {
    const known = slices.get(finding.slice);
    if (known === undefined) slices.set(finding.slice, [finding]);
    else known.push(finding);
  }
  const lines: string[] = [];
  for (const [slice, found] of slices) {
    // A thousand columns take a millisecond or two, ten slices of them too long for those who wait for the loop.
    if (lines.length > 0) await new Promise((resolve) => setImmediate(resolve));
    lines.push(`${JSON.stringify(slice)}\t${JSON.stringify(found)}`);
  }
  return lines.join("\n");
}

/** Of one slice; of all of them where it is null. An array alone is of any slices. */
export function parseFindings(text: string, slice: string | null): Finding[] {
  if (text.startsWith("[")) {
    const findings = JSON.parse(text) as Finding[];
    return slice === null ? findings : findings.filter((finding) => finding.slice === slice);
  }
  const wanted = slice === null ? "" : `${JSON.stringify(slice)}\t`;
  return text
    .split("\n")
    .filter((line) => line.startsWith(wanted))
    .flatMap((line) => JSON.parse(line.slice(line.indexOf("\t") + 1)) as Finding[]);
}
