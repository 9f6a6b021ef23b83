// The steps while planes take off: the questions, one answer, a rollback.
import type { Flight } from "../features.ts";
import { clockTime, count, percent } from "./screen.ts";
import { endpointName, steadyRate, type Stage } from "./stage.ts";
import { tally, versionsText } from "./tally.ts";
import type { Question } from "./traffic.ts";

const watchMs = 12_500;
const friendlyMs = 2500;
const answersToShow = 1000;
const answersMs = 20_000;

export async function askAboutFlights({ screen, keys, traffic }: Stage): Promise<void> {
  screen.step("Planes take off, and each is asked about at that moment");
  screen.say(
    `Real flights from ${clockTime(traffic.simulatedAt())} UTC on, in 2001; a second here is about an hour there. The question: will it land more than 15 minutes late?`,
  );
  traffic.run(steadyRate);
  await keys.pause(watchMs);
  const { answered, failed, expectedLate, p50Ms } = tally(traffic.questions);
  screen.say(
    `${count(answered)} answered, ${failed} failed. ${percent(expectedLate)} late expected, half of the answers within ${p50Ms.toFixed(1)} ms.`,
  );
}

/** Airports whose names everybody knows. */
const cities: Readonly<Record<string, string>> = {
  ATL: "Atlanta",
  BOS: "Boston",
  DEN: "Denver",
  DFW: "Dallas",
  JFK: "New York",
  LAX: "Los Angeles",
  LGA: "New York",
  MIA: "Miami",
  ORD: "Chicago",
  SEA: "Seattle",
  SFO: "San Francisco",
};
const weekdays = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

function toText({ origin, destination, hour, weekday, distance }: Flight): string {
  const from = `${cities[origin]} (${origin})`;
  return `${from} to ${cities[destination]} (${destination}), ${weekdays[weekday]} at ${hour} h local time, ${count(distance)} miles`;
}

/** @returns the flight that was shown */
export async function showOnePrediction({ screen, keys, traffic }: Stage): Promise<Question | undefined> {
  screen.step("One of them, the likeliest of the last to be late");
  const isKnown = ({ flight, answer }: Question) =>
    flight.origin in cities && flight.destination in cities && answer !== undefined;
  const shown = traffic.questions
    .slice(-2000)
    .filter(isKnown)
    .toSorted((a, b) => b.answer!.late - a.answer!.late)[0];
  if (shown?.answer === undefined) {
    screen.say("No flight between two well-known airports came along just now.");
    return undefined;
  }
  const { late, version, id } = shown.answer;
  screen.say(`${toText(shown.flight)}:`);
  screen.good(
    late >= 0.5 ? `late, with probability ${percent(late)}` : `on_time, with probability ${percent(1 - late)}`,
  );
  screen.say(`so says ${endpointName}@${version}; on record as ${id}.`);
  await keys.pause(friendlyMs);
  return shown;
}

export async function rollBackAndForward(stage: Stage): Promise<void> {
  const { screen, client } = stage;
  screen.step("Roll back, and forward again");
  screen.say('client.endpoints.rollback("flight-delay")');
  await client.endpoints.rollback(endpointName, { message: "demo: back" });
  await expectAnswersOf(stage, 1);
  screen.say('client.endpoints.promote("flight-delay", 2)');
  await client.endpoints.promote(endpointName, 2, { message: "demo: forward" });
  await expectAnswersOf(stage, 2);
}

/** Whatever was asked after a change must be answered by its version. */
export async function expectAnswersOf({ screen, keys, traffic, problems }: Stage, version: number): Promise<void> {
  const mark = traffic.questions.length;
  const next = () => traffic.questions.slice(mark, mark + answersToShow);
  await keys.pauseUntil(() => {
    const last = traffic.questions[mark + answersToShow - 1];
    return last !== undefined && last.state !== "under way";
  }, answersMs);
  const { answered, byVersion, failed, lost } = tally(next());
  screen.good(`The next ${count(answered)} answers: ${versionsText(byVersion)}; ${failed + lost} failed.`);
  if ([...byVersion.keys()].some((other) => other !== version))
    problems.push(`After the change to version ${version} came answers of another: ${versionsText(byVersion)}.`);
}
