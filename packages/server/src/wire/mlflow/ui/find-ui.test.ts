import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { findMlflowUi } from "./find-ui.ts";

let folder = "";
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "slipway-"))));
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

function makeUi(): string {
  const build = join(folder, "mlflow/server/js/build");
  mkdirSync(join(build, "static/js"), { recursive: true });
  writeFileSync(join(build, "index.html"), "");
  writeFileSync(join(build, "static/js/main.js"), "");
  return build;
}

test("is found in site-packages, in the package and where it was built", async () => {
  const build = makeUi();
  for (const setting of [folder, join(folder, "mlflow"), build]) {
    const ui = await findMlflowUi(setting);
    expect([...ui.files.keys()].toSorted()).toEqual(["index.html", "static/js/main.js"]);
  }
});

test("is refused where there is none, with what to do", async () => {
  const refused = (message: RegExp) => ({ code: "invalid_config", message: expect.stringMatching(message) as string });
  await expect(findMlflowUi(folder)).rejects.toMatchObject(refused(/no web UI of MLflow in .*pip install mlflow/));
  writeFileSync(join(folder, "version.py"), "");
  await expect(findMlflowUi(folder)).rejects.toMatchObject(refused(/It may be mlflow-skinny/));
  vi.stubEnv("VIRTUAL_ENV", folder);
  await expect(findMlflowUi("auto")).rejects.toMatchObject(
    refused(/no mlflow package was found: there is no .*bin\/python\. Give its folder: --mlflow-ui/),
  );
  mkdirSync(join(folder, "bin"));
  writeFileSync(join(folder, "bin/python"), "#!/bin/sh\necho\n", { mode: 0o755 });
  await expect(findMlflowUi("auto")).rejects.toMatchObject(refused(/bin\/python has no package mlflow/));
  makeUi();
  writeFileSync(join(folder, "bin/python"), `#!/bin/sh\necho ${join(folder, "mlflow")}\n`, { mode: 0o755 });
  expect((await findMlflowUi("auto")).files.size).toBe(2);
});
