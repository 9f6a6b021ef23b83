// The step that the server does not survive, and its record does.
import { checkRecord } from "./record.ts";
import { count } from "./screen.ts";
import { endpointName, restartServer, steadyRate, type Stage } from "./stage.ts";
import { tally } from "./tally.ts";

const burstMs = 2000;
const burstFlights = 4000;
const afterMs = 3000;

export async function killAndCheck(stage: Stage): Promise<void> {
  const { screen, keys, traffic, client, problems } = stage;
  screen.step("Kill the server with -9 in the middle of it");
  const mark = traffic.questions.length;
  traffic.run(Infinity);
  await keys.pauseUntil(() => traffic.questions.length >= mark + burstFlights, burstMs);
  const underWay = traffic.underWay();
  await stage.server.kill();
  await traffic.pause();
  const restart = traffic.questions.length;
  const { lost } = tally(traffic.questions.slice(mark));
  screen.say(`Killed with ${underWay} questions under way; ${lost} of them got no answer.`);

  await restartServer(stage);
  screen.say(`Started again on the same data in ${(stage.server.startMs / 1000).toFixed(1)} s.`);
  const { answered, onRecord, neverAnswered } = await checkRecord(client.predictions, endpointName, traffic.questions);
  const verdict = answered === onRecord && neverAnswered <= lost;
  const say = verdict ? screen.good : screen.bad;
  say(`${count(answered)} answered, ${count(onRecord)} on record`);
  screen.say(
    `Every answer must stand there exactly once, by its id, with its version, key and probability. ${toRestText(neverAnswered, lost)}`,
  );
  if (!verdict) problems.push("What is on record is not what was answered.");

  traffic.run(steadyRate);
  await keys.pause(afterMs);
  await traffic.pause();
  screen.endStatus();
  screen.say(`And on they fly: ${count(tally(traffic.questions.slice(restart)).answered)} more answered.`);

  const wrong = traffic.questions.filter(
    ({ state }, at) => state === "failed" || (state === "lost" && (at < mark || at >= restart)),
  );
  const again = traffic.askedAgain();
  if (again > 0)
    screen.say(`${again} times so far a question had to be asked again: this machine is busy, and 200 ms were over.`);
  if (wrong.length > 0)
    problems.push(`${wrong.length} questions failed, the first with: ${toMessage(wrong[0]?.error)}`);
}

function toRestText(neverAnswered: number, lost: number): string {
  return neverAnswered === 0
    ? "Nothing else is on record."
    : `${neverAnswered} more on record: made, but lost on their way back when the server died (at most the ${lost} above).`;
}

function toMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
