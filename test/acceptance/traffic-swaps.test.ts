import { createClient } from "@slipway/sdk";
import type { TrafficView } from "@slipway/contract";
import { beforeAll, expect, test } from "vitest";
import { deploy } from "../lib/deploy.ts";
import { fetchJson } from "../lib/fetch-json.ts";
import { scaledMatrix } from "../lib/models.ts";
import { rounds } from "../lib/rounds.ts";
import { useServer } from "../lib/server.ts";

// Two processes answer, so that each transition has to be in force in both.
const server = useServer({ args: ["--http-workers", "2"], readyMs: 60_000 });
const transitions = rounds(40, 1000);
const client = () => createClient({ url: server.url });

/** Version v answers `factors[v - 1] * n` for the row [n, 0, 0, 0]: factor and number tell whose answer it is. */
const factors = [1, -1, 3];

interface Answer {
  readonly id: string;
  readonly version: number;
  readonly y: number;
}

const troubles: string[] = [];
const answers: Answer[] = [];
const over = new AbortController();
/** What each revision says of its arms; null: the traffic is not divided. */
const armsOf = new Map<number, ReadonlyMap<string, TrafficView["arms"][number]> | null>();

beforeAll(async () => {
  for (const factor of factors)
    await deploy(server.url, scaledMatrix(factor), { name: "sign", manifest: { serve: { timeout: "20s" } } });
}, 60_000);

async function askUntilOver(caller: number): Promise<void> {
  for (let n = 1; !over.signal.aborted; n++) {
    const headers = { "x-user": `${caller}/${n}`, ...(n % 7 === 0 ? { "x-tester": "yes" } : {}) };
    const sent = caller * 100_000 + n;
    const { status, body } = await fetchJson(`${server.url}/endpoints/sign/predict`, {
      json: { X: [sent, 0, 0, 0] },
      headers,
    });
    if (status !== 200) troubles.push(`failed: ${status} ${JSON.stringify(body)}`);
    else {
      answers.push({ id: body.id, version: body.version, y: body.prediction.y });
      if (body.prediction.y !== sent * factors[body.version - 1]!)
        troubles.push(`mixed: version ${body.version} answered ${body.prediction.y} for ${sent}`);
    }
  }
}

/** Splits that grow and shrink, rules, controls, promotions, rollbacks and clearings, in an order that is the same each time. */
function transit(round: number): Promise<unknown> {
  const { endpoints } = client();
  const rules = [{ name: "testers", header: "x-tester", values: ["yes"], version: 2 + (round % 2) }];
  const share = [1, 500, 5000, 3333][round % 4]!;
  switch (round % 10) {
    case 3:
      return endpoints.promote("sign", 1 + (Math.floor(round / 10) % 3));
    case 6:
      return endpoints.rollback("sign");
    case 8:
      return endpoints.setTraffic("sign", { arms: [] });
    default:
      return divide({ share, rules, isOdd: round % 2 === 1 });
  }
}

async function divide({ share, rules, isOdd }: { share: number; rules: { version: number }[]; isOdd: boolean }) {
  const { endpoints } = client();
  const served = (await endpoints.get("sign")).target!.version;
  const [second, third] = [1, 2, 3].filter((version) => version !== served);
  const arms = isOdd
    ? [{ version: second!, share }]
    : [
        { version: second!, share },
        { version: third!, share: Math.floor(share / 2) },
      ];
  const named = rules.map((rule) => ({ ...rule, version: second! })) as never;
  return endpoints.setTraffic("sign", { arms, unit: isOdd ? "header:x-user" : null, rules: named, control: isOdd });
}

test(
  `${transitions} transitions of divided traffic under load: 0 failed, 0 mixed`,
  { timeout: rounds(120_000, 1_800_000) },
  async () => {
    const load = Array.from({ length: 6 }, (_, caller) => askUntilOver(1 + caller));
    for (let round = 0; round < transitions && troubles.length === 0; round++) {
      const before = answers.length;
      await transit(round);
      const view = await client().endpoints.traffic("sign");
      const isDivided = view.arms.length > 1 || view.rules.length > 0;
      armsOf.set(view.revision, isDivided ? new Map(view.arms.map((arm) => [arm.name, arm])) : null);
      while (answers.length < before + 5 && troubles.length === 0)
        await new Promise((resolve) => void setImmediate(resolve));
    }
    over.abort();
    await Promise.all(load);
    expect(troubles.slice(0, 5)).toEqual([]);
    expect(answers.length).toBeGreaterThan(5 * transitions - 1);
  },
);

test(
  "each answer is of the arm that its record names, at the share that its revision gives it",
  { timeout: 120_000 },
  async () => {
    const said = new Map(answers.map((answer) => [answer.id, answer]));
    const wrong: unknown[] = [];
    let divided = 0;
    for await (const item of client().predictions.all("sign", { limit: 1000, order: "oldest" })) {
      const answer = said.get(item.id);
      said.delete(item.id);
      const arms = armsOf.get(item.revision ?? 0);
      if (!answer || arms === undefined) continue;
      const arm = arms?.get(item.arm ?? "");
      const isAsSaid = item.version === answer.version && item.outputs["y"] === answer.y;
      const byRule = item.rule !== undefined;
      const isNamed =
        arms === null
          ? item.arm === undefined && item.propensity === undefined
          : arm?.version === item.version && item.propensity === (byRule ? 1 : arm.share / 10_000);
      if (arms !== null) divided++;
      if (!isAsSaid || !isNamed) wrong.push({ answer, item, arms: arms && [...arms.values()] });
    }
    expect(wrong.slice(0, 3)).toEqual([]);
    expect([...said.keys()].slice(0, 3)).toEqual([]);
    expect(divided).toBeGreaterThan(answers.length / 4);
  },
);
