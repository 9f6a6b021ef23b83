import type { Endpoint, ModelVersion } from "@slipway/contract";
import { SlipwayError } from "@slipway/contract/errors";
import { access, constants, writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { dirname, resolve } from "node:path";
import { confirm } from "../confirm.ts";
import type { Context, Run } from "../context.ts";
import { exitCodes, InterruptedError, UsageError } from "../exit-codes.ts";
import { toAdvice, type Measured } from "../loadtest/advice.ts";
import { toChart } from "../loadtest/chart/to-chart.ts";
import { toRequestBytes, type RequestSpec } from "../loadtest/http-connection.ts";
import { collectInputs, toBatches, type Inputs } from "../loadtest/inputs.ts";
import type { FoundKnee } from "../loadtest/knee.ts";
import { startLoadThread } from "../loadtest/load-thread.ts";
import { parseLoadtestOptions, type LoadtestOptions } from "../loadtest/options.ts";
import { readServer } from "../loadtest/read-server.ts";
import { runOne, runSweep, toOrder, type RunResult, type RunSetup, type SweepProbe } from "../loadtest/run-loadtest.ts";
import { holdsSlo, toLoadtestJson, type Outcome, type Setting } from "../loadtest/to-json.ts";
import { probeColumns, toFacts } from "../loadtest/to-text.ts";
import { toRequests } from "../loadtest/to-requests.ts";
import { createTraceId, toTraceparent } from "../loadtest/trace-id.ts";
import { createListWriter, note, warn, writeJson, writeOne } from "../output.ts";
import { createProgress } from "../progress.ts";

interface Target {
  readonly endpoint: Endpoint;
  readonly version: ModelVersion;
  readonly pinned: number | null;
}

export const loadtest: Run = async (context, input) => {
  const options = parseLoadtestOptions(input);
  const { format } = context.settings;
  if (format !== "table" && format !== "json") throw new UsageError("A load test is told with -o table or json.");
  if (options.svg !== undefined) await requireWritable(options.svg);
  const url = new URL(context.client().url);
  if (!isLoopback(url.hostname))
    await confirm(context, `${url.host} is not this machine: put load on it, and as many predictions on record?`);
  const target = await findTarget(context, options);
  const { inputs, rows } = await findInputs(context, target, options);
  const traceId = createTraceId();
  const requests = makeRequests({ context, target, options, traceId }, inputs);
  await tryOne(url, requests[0]!);

  const setting: Setting = {
    options,
    url: context.client().url,
    version: `${target.version.model}@${target.version.version}`,
    inputs,
    batchRows: rows,
    traceId,
    startedAt: context.now(),
  };
  const outcome = await run(context, { options, target, url, requests });
  await tell(context, setting, outcome);
  if (outcome.interrupted) return exitCodes.interrupted;
  const missed =
    options.sloGiven && !(outcome.sweep === null ? holdsSlo(outcome.result.report, options.sloMs) : outcome.sweep.knee);
  return missed ? exitCodes.failed : exitCodes.ok;
};

async function requireWritable(path: string): Promise<void> {
  await access(dirname(resolve(path)), constants.W_OK).catch(() => {
    throw new UsageError(`--svg ${path}: nothing can be written there.`);
  });
}

function isLoopback(hostname: string): boolean {
  return /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
}

async function findTarget(context: Context, { endpoint: name, pin }: LoadtestOptions): Promise<Target> {
  const client = context.client();
  const endpoint = await client.endpoints.get(name);
  if (endpoint.target === null && pin === undefined)
    throw new SlipwayError("precondition_failed", `${name} has no traffic: name a version, such as ${name}@1.`);
  const { model } = endpoint.target ?? { model: name };
  const version = await client.versions.get(model, pin ?? endpoint.target?.version ?? 1);
  return { endpoint, version, pinned: pin === undefined ? null : version.version };
}

async function findInputs(
  context: Context,
  { endpoint: { log }, version }: Target,
  { endpoint, inputs: from, batch }: LoadtestOptions,
): Promise<{ inputs: Inputs; rows: number }> {
  const found = await collectInputs({ client: context.client(), endpoint, version, from, keyField: log.key });
  if (found.source === "made_up")
    warn(
      context,
      `${endpoint} has no predictions on record and no examples: one request is made up from the signature and sent again and again. Real inputs may take longer: give --inputs FILE.`,
    );
  const inputs = batch === null ? found : { ...found, requests: toBatches(found.requests, batch) };
  return { inputs, rows: inputs.requests.flat().length / inputs.requests.length };
}

interface Making {
  readonly context: Context;
  readonly target: Target;
  readonly options: LoadtestOptions;
  readonly traceId: string;
}

function makeRequests({ context, target, options, traceId }: Making, inputs: Inputs): readonly RequestSpec[] {
  const { token } = context.settings;
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
  return toRequests(
    {
      face: options.face,
      endpoint: options.endpoint,
      pinned: target.pinned,
      signature: target.version.signature,
      headers: { traceparent: toTraceparent(traceId), ...authorization },
      basePath: new URL(context.client().url).pathname.replace(/\/+$/, ""),
    },
    inputs.requests,
  );
}

/** A load of refused requests would say nothing: what is wrong is told before it begins. */
async function tryOne(url: URL, { method, path, headers = {}, body }: RequestSpec): Promise<void> {
  const response = await fetch(new URL(path, url), {
    method,
    headers: { "content-type": "application/json", ...headers },
    body: typeof body === "string" ? body : Buffer.from(body ?? ""),
  });
  const text = await response.text();
  // A server that has too much to do is what a load test is for.
  if (response.ok || response.status >= 500 || response.status === 429) return;
  throw new SlipwayError(
    response.status === 401 ? "unauthenticated" : response.status === 403 ? "forbidden" : "invalid_request",
    `The server refused the first request with ${response.status}, so no load was made: ${text.slice(0, 500)}`,
  );
}

interface RunPlan {
  readonly options: LoadtestOptions;
  readonly target: Target;
  readonly url: URL;
  readonly requests: readonly RequestSpec[];
}

async function run(context: Context, { options, target, url, requests }: RunPlan): Promise<Outcome> {
  const prepared = requests.map((request) => toRequestBytes(url.host, request));
  const thread = startLoadThread({ url: url.origin, prepared });
  const stop = new AbortController();
  const progress = createProgress(context.stderr, context.settings.quiet);
  const restore = context.onInterrupt(() => {
    if (stop.signal.aborted) return void thread.kill();
    stop.abort();
    progress.clear();
    note(context, "Ending the load; Ctrl-C again leaves without a report.");
    thread.stop();
  });
  const setup: RunSetup = {
    options,
    thread,
    served: { endpoint: options.endpoint, version: target.version.version },
    read: () => readServer(context.client().url, context.settings.token),
    onStage: (label, fraction, detail) => progress.show(label, fraction, detail),
    signal: stop.signal,
  };
  const measured = (result: RunResult): Measured => ({
    ...result,
    sloMs: options.sloMs,
    serve: target.endpoint.serve,
    placement: target.endpoint.placement,
    batched: target.version.signature.batched,
    cores: isLoopback(url.hostname) ? availableParallelism() : null,
  });
  try {
    if (options.mode.kind !== "knee") {
      const { order, label } = await toOrder(options);
      const result = await runOne(setup, order, label);
      return { result, sweep: null, advice: toAdvice(measured(result)), interrupted: stop.signal.aborted };
    }
    const sweep = await runSweep(setup);
    const [shown, bound] = [toShown(sweep), toBound(sweep)];
    if (shown === null) throw new InterruptedError("The load test was left before it had measured anything.");
    return { result: shown, sweep, advice: toAdvice(measured(bound ?? shown)), interrupted: stop.signal.aborted };
  } finally {
    restore();
    progress.clear();
    await thread.kill();
  }
}

/** The run whose figures are told: at the knee, or the gentlest one. */
function toShown({ knee, probes }: FoundKnee<SweepProbe>): RunResult | null {
  const gentlest = probes.toSorted((a, b) => a.perSecond - b.perSecond)[0];
  return (knee ?? gentlest)?.result ?? null;
}

/** What goes beyond the knee has to change what bounds the lowest rate above it. */
function toBound({ beyond, probes }: FoundKnee<SweepProbe>): RunResult | null {
  return probes.findLast(({ perSecond, holds }) => perSecond === beyond && !holds)?.result ?? null;
}

async function tell(context: Context, setting: Setting, outcome: Outcome): Promise<void> {
  const { svg } = setting.options;
  const json = toLoadtestJson(setting, outcome);
  if (svg !== undefined) await writeFile(svg, toChart(json));
  if (context.settings.format === "json") return writeJson(context, json);
  if (outcome.sweep !== null) {
    const list = createListWriter(context, probeColumns);
    list.items(outcome.sweep.probes.toSorted((a, b) => a.perSecond - b.perSecond));
    list.end();
    context.stdout.write("\n");
  }
  writeOne(context, json, toFacts(setting, outcome));
  if (svg !== undefined) note(context, `The picture is in ${svg}.`);
  note(
    context,
    `All of it is on record; \`slipway predictions erase ${setting.options.endpoint} --where "trace_id = '${setting.traceId}'"\` takes it out.`,
  );
}
