// The last step: the planes have landed, so both versions can be held against the truth.
import { clockTime, count } from "./screen.ts";
import { areaUnderCurve, logLoss, type Scored } from "./scores.ts";
import { endpointName, slipway, type Stage } from "./stage.ts";
import { toRecord, type Question } from "./traffic.ts";

const listRows = 500;

export async function showScores(stage: Stage, shown: Question | undefined): Promise<void> {
  const { screen, traffic } = stage;
  screen.step("Who was right?");
  const now = traffic.simulatedAt();
  const landed = traffic.questions.filter(({ answer, flight }) => answer !== undefined && flight.landed_at <= now);
  const late = landed.filter(({ flight }) => flight.late).length;
  screen.say(
    `By ${clockTime(now)} UTC ${count(landed.length)} of these flights have landed, ${((late / landed.length) * 100).toFixed(1)} % of them late. ` +
      `Each was answered by one version; now the other is asked about it too, by address (${endpointName}@1) and in lists of ${listRows}.`,
  );
  const one = await collect(stage, landed, 1);
  const two = await collect(stage, landed, 2);
  const row = (cells: readonly [string, string, string]) =>
    screen.raw(cells[0].padEnd(26) + cells[1].padStart(6) + cells[2].padStart(11));
  row(["", "AUC", "log loss"]);
  row(["v1, schedule", ...toCells(one)]);
  row(["v2, airport's delays too", ...toCells(two)]);
  screen.say(
    "More AUC and less log loss are better. One stormy day: for all of April see examples/flight-delays/README.md.",
  );
  await joinLabels(stage);
  if (shown !== undefined && landed.includes(shown))
    screen.say(
      `And ${shown.flight.origin} to ${shown.flight.destination} of before landed ${shown.flight.late ? "late" : "on time"}.`,
    );
}

const joined =
  "select version, count(*) as landed, round(avg(late_p_late), 3) as late_expected, round(avg((value = 'late')::int), 3) as late " +
  "from predictions join labels using (id, row) group by version order by version";

/** The same from Slipway's own record: the predictions that it kept, joined with the landings that it was told. */
async function joinLabels(stage: Stage): Promise<void> {
  const { screen, truth, client, problems } = stage;
  await truth.tellAll();
  screen.say(
    `Slipway was told of ${count(truth.told())} landings while they happened, by flight_id; its own record says:`,
  );
  await slipway(stage, ["predictions", endpointName, "--sql", joined]);
  const { predictions_labelled: labelled, unknown } = await client.labels.summary(endpointName);
  if (labelled < truth.told() || unknown > 0)
    problems.push(
      `${truth.told()} landings were told, ${labelled} predictions have a label, ${unknown} labels no prediction.`,
    );
}

const toCells = (scored: readonly Scored[]) => [areaUnderCurve(scored).toFixed(3), logLoss(scored).toFixed(3)] as const;

/** What `version` says about each question: its answer of then, or one that is fetched now. */
async function collect({ client, problems }: Stage, landed: readonly Question[], version: number): Promise<Scored[]> {
  const isOwn = ({ answer }: Question) => answer?.version === version;
  const scored = landed
    .filter(isOwn)
    .map(({ answer, flight }): Scored => ({ probability: answer!.late, late: flight.late }));
  const others = landed.filter((question) => !isOwn(question)).map(({ flight }) => flight);
  const pinned = client.endpoint(endpointName, { pin: version });
  for (let i = 0; i < others.length; i += listRows) {
    const flights = others.slice(i, i + listRows);
    const answer = await pinned.predict(flights.map(toRecord));
    if (answer.version !== version) problems.push(`Version ${version} was asked and ${answer.version} answered.`);
    for (const [at, { late }] of answer.predictions.entries())
      scored.push({ probability: late.probabilities.late, late: flights[at]!.late });
  }
  return scored;
}
