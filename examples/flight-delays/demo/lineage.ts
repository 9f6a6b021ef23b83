// From one answer back to what made it, and the same answers once more.
import { count } from "./screen.ts";
import { endpointName, slipway, type Stage } from "./stage.ts";

const replayed = 1000;

/** Which code and which data said this? */
export async function traceOnePrediction(stage: Stage): Promise<void> {
  const { screen, traffic, problems } = stage;
  screen.step("Which data and which code made an answer?");
  const asked = traffic.questions.findLast(
    ({ answer, flight }) => answer?.version === 2 && flight.landed_at < traffic.simulatedAt(),
  );
  if (asked?.answer === undefined) return void problems.push("No flight that version 2 was asked about has landed.");
  await slipway(stage, ["predictions", "show", asked.answer.id]);
}

/** The same version gives the same bits. */
export async function runAgain(stage: Stage): Promise<void> {
  const { screen } = stage;
  screen.step("Run them again");
  screen.say(
    `${count(replayed)} predictions on record, on the exact versions that answered; a difference would end the command with 1.`,
  );
  await slipway(stage, ["replay", endpointName, "--since", "10m", "--limit", String(replayed)]);
}
