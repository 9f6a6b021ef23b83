import { BUCKETS, hashUnit } from "@slipway/statistics";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { LoadedVersion } from "../serving/index.ts";
import { divide, noUnit, toOwners, type Divided, type LoadedArm } from "./divide.ts";
import { champion, emptySpec, undivided, type Arm, type Endpoint, type TrafficSettings } from "./endpoint.ts";
import { planTraffic, type WantedTraffic } from "./plan-traffic.ts";
import { requireTraffic } from "./require-traffic.ts";

const signature = { inputs: [], outputs: [], packed: null, batched: true };

function toLoaded(version: number): LoadedVersion {
  return { version: { version }, signature } as unknown as LoadedVersion;
}

function toDivision(traffic: Partial<TrafficSettings>, { missing = [] as string[] } = {}) {
  const settings = { ...undivided, seed: "s", unit: "header:user", ...traffic };
  const arms: LoadedArm[] = settings.arms
    .filter(({ name }) => !missing.includes(name))
    .map((arm) => ({ arm, loaded: toLoaded(arm.version) }));
  return divide({ traffic: settings, served: toLoaded(1), arms, toLogFields: () => () => new Uint8Array() })!;
}

function toRequest(headers: Readonly<Record<string, string>>, id = "i"): Divided {
  return { id, header: (name) => headers[name] ?? null, parsed: null };
}

let revision = 0;
const endpoint = (traffic: TrafficSettings, version = 1): Endpoint => ({
  name: "e",
  revision: ++revision,
  spec: { ...emptySpec, target: { model: "m", version, follows: null }, traffic },
  createdAt: 0,
  updatedAt: 0,
});

/** Shares of versions 2 to 5, 10,000 together at most. */
const shares = fc
  .array(fc.integer({ min: 0, max: BUCKETS }), { minLength: 1, maxLength: 4 })
  .map((raw) => raw.map((share) => Math.floor(share / raw.length)))
  .map((all) => all.map((share, index) => ({ version: 2 + index, share })));

const units = Array.from({ length: 300 }, (_, i) => `user-${i}`);

test("shares are what was asked for, and 10,000 with the champion's", () => {
  fc.assert(
    fc.property(shares, shares, (first, second) => {
      const before = planTraffic(endpoint(undivided), { arms: first });
      const after = planTraffic(endpoint(before), { arms: second });
      for (const [wanted, { arms }] of [
        [first, before],
        [second, after],
      ] as const) {
        requireTraffic({ ...undivided, arms });
        const counts = Map.groupBy(toOwners(arms), (owner) => owner);
        const got = arms.map(({ name, version }) => ({ version, share: counts.get(name)?.length ?? 0 }));
        expect(got).toEqual(wanted);
        const left = wanted.reduce((rest, { share }) => rest - share, BUCKETS);
        expect(counts.get(champion)?.length ?? 0).toBe(left);
      }
    }),
    { numRuns: 40 },
  );
});

test("the propensity on record is the share of the buckets, whatever arms are missing", () => {
  fc.assert(
    fc.property(shares, fc.boolean(), (wanted, isMissing) => {
      const { arms } = planTraffic(endpoint(undivided), { arms: wanted });
      const division = toDivision({ arms }, { missing: isMissing ? ["challenger"] : [] });
      const all = toOwners(arms);
      const seen = new Map<string, { count: number; propensity: number }>();
      // Ids whose hashes are all buckets in turn would need a search: the table is what decides.
      for (const user of units) {
        const { arm, propensity, rule } = division.choose(toRequest({ user })).assignment;
        expect(rule).toBe(null);
        const owner = all[hashUnit("s", user)]!;
        expect(arm).toBe(isMissing && owner === "challenger" ? champion : owner);
        const known = seen.get(arm) ?? { count: 0, propensity };
        expect(known.propensity).toBe(propensity);
        seen.set(arm, { count: known.count + 1, propensity });
      }
      const owners = all.map((owner) => (isMissing && owner === "challenger" ? champion : owner));
      for (const [arm, { propensity }] of seen)
        expect(propensity).toBe(owners.filter((owner) => owner === arm).length / BUCKETS);
    }),
    { numRuns: 15 },
  );
});

test("nobody changes arms while shares grow: who leaves the champion is all that moves", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 5000 }), { minLength: 2, maxLength: 6 }),
      fc.boolean(),
      (steps, control) => {
        const ramp = steps.toSorted((a, b) => a - b);
        let traffic: TrafficSettings = { ...undivided, unit: "header:user" };
        const armOf = new Map<string, string>();
        for (const share of ramp) {
          traffic = planTraffic(endpoint(traffic), { arms: [{ version: 2, share }], control });
          const division = toDivision(traffic);
          for (const user of units) {
            const { arm } = division.choose(toRequest({ user })).assignment;
            const before = armOf.get(user) ?? champion;
            if (before !== champion) expect(arm).toBe(before);
            armOf.set(user, arm);
          }
        }
      },
    ),
    { numRuns: 20 },
  );
});

test("an arm that is added or taken away moves nobody between the others", () => {
  const two = planTraffic(endpoint(undivided), { arms: [{ version: 2, share: 1000 }] });
  const three = planTraffic(endpoint(two), {
    arms: [
      { version: 2, share: 1000 },
      { version: 3, share: 4000 },
    ],
  });
  const after = toOwners(three.arms);
  const moved = toOwners(two.arms).filter((owner, bucket) => {
    const now = after[bucket];
    return owner !== now && owner !== champion;
  });
  expect([moved.length, three.seed === two.seed, three.arms.map(({ name }) => name)]).toEqual([
    0,
    true,
    ["challenger", "v3"],
  ]);
});

test("a control is as large as the challenger, and both may grow to a half", () => {
  const { arms } = planTraffic(endpoint(undivided), { arms: [{ version: 2, share: 5000 }], control: true });
  expect(arms).toEqual([
    { name: "challenger", version: 2, from: 0, share: 5000 },
    { name: "control", version: 1, from: 5000, share: 5000 },
  ]);
  expect(() => planTraffic(endpoint(undivided), { arms: [{ version: 2, share: 5001 }], control: true })).toThrow(
    "50 %",
  );
});

test("without its challenger there is no control: all of the traffic is the champion's", () => {
  const traffic = planTraffic(endpoint(undivided), { arms: [{ version: 2, share: 1000 }], control: true });
  const chosen = (missing: string[]) => {
    const division = toDivision({ ...traffic, unit: null }, { missing });
    const all = units.map((id) => division.choose(toRequest({}, id)).assignment);
    return new Set(all.map(({ arm, propensity }) => `${arm} ${propensity}`));
  };
  expect(chosen(["challenger"])).toEqual(new Set(["champion 1"]));
  expect(chosen([])).toEqual(new Set(["challenger 0.1", "control 0.1", "champion 0.8"]));
});

test("rules go before buckets, the first that holds; without a unit it is the champion's", () => {
  const arms: Arm[] = [{ name: "challenger", version: 2, from: 0, share: 10_000 }];
  const rules = [
    { name: "testers", header: "X-Tester", field: null, values: ["yes", "1"], arm: "challenger" },
    { name: "inhouse", header: "x-team", field: null, values: ["a"], arm: champion },
  ];
  const division = toDivision({ arms, rules });
  const choose = (headers: Readonly<Record<string, string>>) => {
    const { arm, rule, propensity } = division.choose(toRequest(headers)).assignment;
    return [arm, rule, propensity];
  };
  expect(choose({ "x-tester": "1", "x-team": "a" })).toEqual(["challenger", "testers", 1]);
  expect(choose({ "x-tester": "no", "x-team": "a", user: "u" })).toEqual([champion, "inhouse", 1]);
  expect(choose({ user: "u" })).toEqual(["challenger", null, 1]);
  expect(choose({})).toEqual([champion, noUnit, 1]);
  expect(
    toDivision({ arms, rules }, { missing: ["challenger"] }).choose(toRequest({ "x-tester": "1" })).assignment.arm,
  ).toBe(champion);
});

test("without a unit each request is by itself: its id decides", () => {
  const division = toDivision({ unit: null, arms: [{ name: "challenger", version: 2, from: 0, share: 5000 }] });
  const arms = units.map((id) => division.choose(toRequest({}, id)).assignment.arm);
  const half = arms.filter((arm) => arm === champion).length;
  expect(half).toBeGreaterThan(100);
  expect(half).toBeLessThan(200);
});

test.each<[Partial<WantedTraffic>, string]>([
  [
    {
      arms: [
        { version: 1, share: 5000 },
        { version: 2, share: 4000 },
      ],
    },
    "90 % together",
  ],
  [
    {
      arms: [
        { version: 2, share: 6000 },
        { version: 3, share: 6000 },
      ],
    },
    "120 % together",
  ],
  [
    {
      arms: [
        { version: 2, share: 1 },
        { version: 2, share: 2 },
      ],
    },
    "named once",
  ],
  [
    {
      arms: [
        { version: 2, share: 1 },
        { version: 3, share: 2 },
      ],
      control: true,
    },
    "one version",
  ],
])("%j is refused", (wanted, message) => {
  expect(() => planTraffic(endpoint(undivided), { arms: [], ...wanted })).toThrow(message);
});

test("what cannot be divided is refused", () => {
  const arms =
    (...all: Arm[]) =>
    () =>
      requireTraffic({ ...undivided, arms: all });
  expect(
    arms({ name: "a", version: 2, from: 0, share: 5001 }, { name: "b", version: 3, from: 5000, share: 1 }),
  ).toThrow("share buckets");
  expect(arms({ name: "a", version: 2, from: 9000, share: 1001 })).toThrow("9000 to 10001");
  expect(arms({ name: champion, version: 2, from: 0, share: 1 })).toThrow("name of its own");
  const rule = { name: "r", header: "h", field: null, values: ["x"], arm: "nobody" };
  expect(() => requireTraffic({ ...undivided, rules: [rule] })).toThrow("the arm nobody");
});
