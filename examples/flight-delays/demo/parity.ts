// A mistake of every week: somebody lists the classes the wrong way round. It must not reach a single caller.
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { slipway, type Stage } from "./stage.ts";
import { expectAnswersOf } from "./steps.ts";

const source = fileURLToPath(new URL("../v2", import.meta.url));
const right = "classes: [on_time, late]";
const wrong = "classes: [late, on_time]";
/** The exit code of a condition that does not hold. */
const refused = 5;
const linesToShow = 9;

export async function refuseSwappedClasses(stage: Stage): Promise<void> {
  const { screen, problems } = stage;
  screen.step("Somebody swaps the classes");
  const folder = await mkdtemp(join(tmpdir(), "slipway-swapped-"));
  try {
    await cp(source, folder, { recursive: true });
    const manifest = await readFile(join(folder, "slipway.yaml"), "utf8");
    await writeFile(join(folder, "slipway.yaml"), manifest.replace(right, wrong));
    screen.say(
      `The same model, but its slipway.yaml says "${wrong}". Nothing about the file is wrong, only every answer would be.`,
    );
    const remarks = await slipway(stage, ["deploy", folder], { exitCode: refused });
    const shown = remarks.slice(remarks.findIndex((line) => line.startsWith("error")));
    for (const line of shown.slice(0, linesToShow)) screen.raw(line);
    if (shown.length > linesToShow) screen.raw("...");
    if (!shown.some((line) => line.includes("does not answer its examples")))
      problems.push("Swapped classes were not refused by parity.");
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  await expectAnswersOf(stage, 2);
}
