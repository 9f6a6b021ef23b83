// Writes the reference of error codes from the contract's table and from what the two protocols answer; a test says when it
// is stale.
//   node tools/docs-errors.ts            -> docs/reference/errors.md
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { errorTable, SlipwayError, type ErrorCode } from "@slipway/contract";
import { toExitCode } from "../packages/cli/src/error-report.ts";
import { silentLogger } from "../packages/server/src/kernel/logger.ts";
import { toProblem } from "../packages/server/src/wire/api/problem.ts";
import { sendErrorText } from "../packages/server/src/wire/error-answer.ts";
import { root } from "./layer-list.ts";

export const errorsPage = "docs/reference/errors.md";

/** When it comes, and what to do: a code without a line does not compile. */
const meanings: Readonly<Record<ErrorCode, string>> = {
  invalid_request: "A body, a query or a header cannot be understood. Correct it; `detail` names the place.",
  invalid_input:
    "A value does not fit the model's input: missing, of another type or shape, out of range. `details.input` names it.",
  invalid_name: "A name or address has characters that none has. Names are `a-z`, `0-9`, `.`, `_`, `-`.",
  invalid_manifest: "`slipway.yaml` has a mistake. `details.problems` lists all of them by path.",
  invalid_model: "The file cannot be opened, or has inputs or outputs that no protocol can send. Export it anew.",
  invalid_config: "An option of the server or the client is wrong. The start is refused.",
  digest_mismatch: "Uploaded bytes are not those that were announced. Upload them again.",
  unsupported_media_type:
    "A change came without a content type, or with one that a web form can send: send `application/json`. Or a prediction came in a form or with a content coding that is not taken; the message says what is.",
  invalid_query: "The SQL is not one SELECT, does not parse, or names what is not there; the message says where.",
  invalid_file: "A file is damaged, or its rows or columns are not what was announced. The message names the place.",
  unauthenticated: "No token, an unknown one, or one that was taken back.",
  forbidden: "The token's scope does not reach so far. `details.scope` is the one that is needed.",
  foreign_origin:
    "On a server without tokens: the request names another host than this machine, or comes from a web page of another site.",
  not_found: "There is no such path or token.",
  model_not_found: "`slipway models` lists what there is.",
  version_not_found: "`slipway versions NAME` lists what there is.",
  alias_not_found: "`slipway show NAME` lists what there is.",
  endpoint_not_found: "The endpoint does not exist or is out of service. `slipway endpoints` lists what there is.",
  experiment_not_found: "No experiment has this id or name.",
  artifact_not_found: "No file lies at this path of a run, a logged model or a version.",
  upload_not_found: "No upload in parts has this id: it is complete, was given up, or the server was started anew.",
  run_not_found: "No run has this id; it may have been collected after it was deleted.",
  logged_model_not_found: "No logged model has this id, or it is deleted.",
  prediction_not_found: "Nothing on record has this id, or the request has not so many rows.",
  blob_not_found: "A file of a deployment was not uploaded. `details.sha256` and `details.path` name it.",
  operation_not_found: "`slipway operations` lists what there is.",
  conflict: "Somebody else changed the same thing at the same time. Look at it, then try again.",
  already_exists: "It exists already.",
  in_use: "An endpoint uses the version or alias that was to be deleted. Undeploy or move it first.",
  precondition_failed:
    "A condition does not hold: `--expect` names another digest, or there is no revision to go back to.",
  data_folder_locked: "Another server runs on this data folder; the message names its process.",
  data_folder_newer: "A newer Slipway wrote the data folder. Run that one.",
  too_slow: "The model is too slow for this placement.",
  parity_failed:
    "`model.examples` are not reproduced within tolerance. `details.mismatches` lists row, output, expected and got; the old version keeps serving.",
  breaking_change:
    "What callers send or read now would fail with the new signature. `details.changes` lists it; `--allow-breaking` overrides.",
  training_too_old:
    "`model.training.at` is older than `serve.max_training_age` allows. Train again, or raise the limit.",
  not_replayable:
    "The record has no inputs to run again, or its version was removed by `slipway gc`; `details.reason` says which.",
  too_large:
    "The body is over `body_limit`, the file over `blob_limit`, or too many missing values were to be filled in.",
  overloaded: "65,536 rows wait for this version already. Send less, or serve more replicas.",
  rate_limited:
    "The token asked more often than `slipway token create --rate` lets it. `details.retry_after_ms` and `Retry-After` say how long to wait.",
  not_ready: "The version is not loaded; the message says why. `slipway status` shows it too.",
  endpoint_stopped: "Somebody used the kill switch, `slipway stop NAME`. `slipway start NAME` takes it back.",
  log_unavailable:
    "The disk is at its reserve or cannot be written, and the endpoint says `log.on_full: refuse`. Free space.",
  source_unavailable: "The old server of `slipway import` is away or fails. What was imported is kept: run it again.",
  shutting_down: "The server is about to end. Try again in a moment.",
  deadline_exceeded: "No answer within `serve.timeout`, or within the caller's own time, and no fallback.",
  cancelled: "The operation was cancelled, or the caller went away before the answer.",
  interrupted: "The server ended while the operation ran. Start it again.",
  unimplemented: "A part of the design that this version does not have.",
  damaged_blob: "A stored file has changed on disk and was put aside. Deploy the same files again to heal it.",
  model_failed: "ONNX Runtime failed on this input, or the outputs do not fit what `slipway.yaml` says of them.",
  internal: "A mistake of the server. Its log has the details under the `instance` of the answer.",
};

const sources = ["packages/contract/src", "packages/runtime/src", "packages/server/src"].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts") && !/\.test\.ts$|testing|^errors\.ts$|^routes\.ts$/.test(file))
    .map((file) => readFileSync(join(root, folder, file), "utf8")),
);

/** Whether anything that runs in the server names the code. */
export function isRaised(code: ErrorCode): boolean {
  return sources.some((source) => source.includes(`"${code}"`));
}

/** The status that the Open Inference Protocol's face sends. */
function oipStatus(error: SlipwayError): number {
  let sent = 0;
  const reply = { header: () => reply, send: () => reply, status: (code: number) => ((sent = code), reply) };
  sendErrorText(error, reply as unknown as Parameters<typeof sendErrorText>[1], silentLogger);
  return sent;
}

function toRow(code: ErrorCode): string {
  const error = new SlipwayError(code, "");
  const { kind, retryable } = errorTable[code];
  const { status } = toProblem(error, null);
  const later = isRaised(code) ? "" : " *Nothing raises it in this version.*";
  return `| \`${code}\` | ${kind} | ${status} | ${oipStatus(error)} | ${retryable ? "yes" : "no"} | ${toExitCode(error)} | ${meanings[code]}${later} |`;
}

export function renderErrors(): string {
  return `<!-- Written by \`npm run docs\` from packages/contract/src/errors.ts and the faces: change it there. -->

# Errors

One closed table for every protocol. A *code* says what happened, its *kind* decides the HTTP status of each protocol, and
*retryable* whether the very same request may succeed later. The last number is the exit code of the command line.

| code | kind | \`/api/v1\` | \`/v2\` | retryable | exit | when, and what to do |
| --- | --- | --- | --- | --- | --- | --- |
${(Object.keys(errorTable) as ErrorCode[]).map(toRow).join("\n")}

A path that belongs to a protocol that is not built yet answers 404 with \`unimplemented\`; see [HTTP](http-api.md).

## What an error looks like
\`/api/v1\`, and \`predict\` of each endpoint, answer \`application/problem+json\` (RFC 9457):
\`\`\`json
{
  "type": "https://slipway.dev/errors/invalid_input",
  "title": "An input of the model is wrong",
  "status": 400,
  "detail": "Input \\"hour\\": expected int64 from 0 to 23, got 25.",
  "code": "invalid_input",
  "retryable": false,
  "instance": "01a20108-efc9-7ae5-84f7-68eaea170802",
  "details": { "input": "hour", "expected": "int64 from 0 to 23", "got": "25" }
}
\`\`\`
Programs go by \`code\` and \`details\`; \`detail\` is for people and may be worded anew. \`instance\` is the id of the prediction
where the request reached an endpoint and is on record, else of the line in the server's log. \`details\` is left out where there
are none.

\`/v2\` answers what the Open Inference Protocol wants, \`{"error": "..."}\`, with the id of the prediction in the header
\`x-slipway-prediction\`. Status 503 comes with \`retry-after: 1\`.

An error that nobody foresaw becomes \`internal\`: the caller gets an id, and the message stays in the server's log.
`;
}

if (import.meta.main) {
  writeFileSync(join(root, errorsPage), renderErrors());
  console.log(`Wrote ${errorsPage}.`);
}
