import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { startPeer } from "../lib/peer.ts";
import { alternate, median, type Comparison } from "../lib/table.ts";
import { findDisagreement } from "./agreement.ts";
import { chooseRate, findBest, names, type WorkResult } from "./bars.ts";
import {
  measureIdle,
  measureMost,
  measureRate,
  measureRaw,
  type Contestant,
  type Figures,
  type MeasureOptions,
} from "./measure.ts";
import type { Answer } from "./question.ts";
import type { RawReport } from "./raw-run.ts";
import { hold, pause } from "./running-program.ts";
import { ask, type Variant } from "./variant.ts";
import type { Work } from "./works.ts";

export interface ContestOptions extends MeasureOptions {
  readonly repeats: number;
}

/** A server starts to listen before its model is there. */
const patienceMs = 60_000;

/**
 * Starts a variant and compares its answers to all questions with ours. It is held when this resolves.
 * @param ours none for the server whose answers are the measure
 */
export async function admit(
  name: string,
  variant: Variant,
  { work, ours }: { work: Work; ours: readonly Answer[] | null },
): Promise<{ contestant: Contestant; answers: readonly Answer[] }> {
  const server = await variant.start();
  try {
    const until = performance.now() + patienceMs;
    const [first] = work.questions;
    for (;;)
      try {
        await ask(server, variant.way, first);
        break;
      } catch (error) {
        if (performance.now() > until) throw error;
        await pause(200);
      }
    const answers: Answer[] = [];
    for (const [at, question] of work.questions.entries()) {
      const answer = await ask(server, variant.way, question);
      answers.push(answer);
      const wrong = ours === null ? null : findDisagreement(ours[at]!, answer);
      if (wrong !== null) throw new Error(`does not answer question ${at} as we do: ${wrong}`);
    }
    hold(server, true);
    return { contestant: { name, server, way: variant.way }, answers };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

/** A bare Fastify that takes the same request and gives the same answer. */
export async function admitEcho(slipway: Contestant, work: Work, room: string): Promise<Contestant> {
  if (slipway.way.protocol !== "http") throw new Error("The echo is for HTTP.");
  const { way } = slipway;
  const request = way.request(work.questions[0]);
  const file = join(room, "answer.json");
  hold(slipway.server, false);
  const answer = await fetch(slipway.server.url + request.path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: String(request.body),
  });
  writeFileSync(file, await answer.text());
  hold(slipway.server, true);
  const { url, pid, stop } = await startPeer(join(import.meta.dirname, "../echo.ts"), [file]);
  const server = { url, pids: () => [pid], stop: async () => stop() };
  hold(server, true);
  return {
    name: names.echo,
    server,
    way: { ...way, request: (question) => ({ ...way.request(question), path: "/" }) },
  };
}

/** All contestants in turn, and ONNX Runtime by itself. */
export async function contest(
  work: Work,
  contestants: readonly Contestant[],
  options: ContestOptions,
): Promise<WorkResult> {
  const [question] = work.questions;
  const { repeats, seconds } = options;
  const each = (run: (contestant: Contestant) => Promise<Figures>) =>
    Object.fromEntries(contestants.map((one) => [one.name, () => survive(one.name, () => run(one))]));
  const ours = contestants.filter(({ name }) => name === names.slipway);

  const most = await alternate(repeats, {
    ...each((contestant) => measureMost(contestant, question, options)),
    ...(work.plain ? { [names.raw]: async () => toRawFigures(await measureRaw(work, options), question.rows) } : {}),
  });
  const best = findBest(most, "req/s", "highest");
  const rate = contestants.filter(({ name }) => name === best).map((one) => findRate(most, one))[0];
  const atRate = await alternate(repeats, {
    ...each((one) => measureRate(one, question, { ...options, perSecond: findRate(most, one) })),
    ...Object.fromEntries(
      (rate === undefined ? [] : ours).map((one) => [
        names.slipwaySameRate,
        () => measureRate(one, question, { ...options, perSecond: rate! }),
      ]),
    ),
  });
  const idle = await alternate(repeats, {
    ...Object.fromEntries(ours.map((one) => [one.name, () => measureIdle(one, question, Math.min(2, seconds))])),
    [names.raw]: async () => ({ "p50 µs": (await measureRaw(work, { ...options, seconds: 0.2 })).runUs }),
  });
  return { work: work.name, most, atRate, idle };
}

function toRawFigures({ rowsPerSecond, bestBatch, cpuUsPerRow }: RawReport, rows: number): Figures {
  return {
    "req/s": rowsPerSecond / rows,
    "CPU µs a request": cpuUsPerRow * rows,
    "rows in a batch": bestBatch,
  };
}

/** A peer that breaks has no figures of that repeat; ours may not. */
async function survive(name: string, run: () => Promise<Figures>): Promise<Figures> {
  try {
    return await run();
  } catch (error) {
    if (name === names.slipway || name === names.slipwayGrpc) throw error;
    process.stderr.write(`${name} broke: ${String(error)}\n`);
    return { broke: 1 };
  }
}

function findRate({ peers }: Comparison, { name, way }: Contestant): number {
  const most = (of: string) => median(peers[of]?.["req/s"] ?? [Number.NaN]);
  const ours = most(way.protocol === "http" ? names.slipway : names.slipwayGrpc);
  return chooseRate(Number.isNaN(ours) ? most(name) : ours, most(name));
}
