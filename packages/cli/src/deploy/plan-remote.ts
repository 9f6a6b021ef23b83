import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UsageError } from "../exit-codes.ts";
import { defaultName } from "./default-name.ts";
import type { DeployPlan } from "./deploy-plan.ts";

/** `http://host:8000/v2/models/iris/versions/1`, which another server runs: what is deployed is a file that says where. @throws UsageError */
export async function planRemote(address: string, name: string | undefined): Promise<DeployPlan> {
  const { origin, pathname } = new URL(address);
  const [, base, model, version] = /^(.*)\/v2\/models\/([^/]+)(?:\/versions\/([^/]+))?\/?$/.exec(pathname) ?? [];
  if (model === undefined)
    throw new UsageError(
      `${address} is no address of a model: write it as the Open Inference Protocol does, http://host:8000/v2/models/NAME.`,
    );
  const said = {
    url: `${origin}${base}`,
    model: decodeURIComponent(model),
    ...(version === undefined ? {} : { version: decodeURIComponent(version) }),
  };
  const folder = await mkdtemp(join(tmpdir(), "slipway-remote-"));
  const entry = "model.remote.json";
  const text = `${JSON.stringify(said, null, 2)}\n`;
  await writeFile(join(folder, entry), text);
  const file = { path: entry, absolute: join(folder, entry), size: Buffer.byteLength(text) };
  return { name: name ?? defaultName(said.model), folder, entry, files: [file], manifest: undefined };
}
