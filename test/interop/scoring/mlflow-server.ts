import { startMlflowCommand, type MlflowServer } from "../../lib/mlflow-command.ts";

export type { MlflowServer };

/** The real `mlflow models serve` on one model folder, once it answers. */
export async function startMlflow(bin: string, model: string, readyMs: number): Promise<MlflowServer> {
  const words = ["models", "serve", "-m", model, "--env-manager", "local"];
  return startMlflowCommand({ bin, words, ready: "/ping", readyMs });
}
