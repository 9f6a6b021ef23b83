import { invalidManifest, parseManifest, SlipwayError, type Manifest, type ManifestProblem } from "@slipway/contract";
import { isNode, LineCounter, parseDocument, type Document } from "yaml";

/**
 * The text of a slipway.yaml as a manifest. Keys that stand twice are refused.
 * @throws SlipwayError `invalid_manifest`, whose problems also have the `line` they are on
 */
export function parseManifestText(text: string): Manifest {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, prettyErrors: false, stringKeys: true });
  if (document.errors.length > 0)
    throw invalidManifest(
      document.errors.map((error) => ({ path: "", message: error.message, line: lines.linePos(error.pos[0]).line })),
    );
  try {
    return parseManifest(toData(document));
  } catch (error) {
    if (!SlipwayError.is(error)) throw error;
    const problems = error.details["problems"] as readonly ManifestProblem[];
    throw invalidManifest(problems.map((problem) => ({ ...problem, ...findLine(document, lines, problem.path) })));
  }
}

function toData(document: Document.Parsed): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    throw invalidManifest([{ path: "", message: (error as Error).message }]);
  }
}

/** The line of the deepest part of the path that stands in the text. */
function findLine(document: Document.Parsed, lines: LineCounter, path: string): { line?: number } {
  let keys = path === "" ? [] : path.split(".");
  for (; keys.length > 0; keys = keys.slice(0, -1)) {
    const node = document.getIn(keys, true);
    if (isNode(node) && node.range) return { line: lines.linePos(node.range[0]).line };
  }
  return {};
}
