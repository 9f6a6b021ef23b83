import type { CommandGroup } from "./command-spec.ts";

export const importCommands: CommandGroup = {
  title: "From elsewhere",
  commands: [
    {
      usage: "import mlflow",
      summary: "copy experiments, runs, artifacts and models of an MLflow",
      about:
        "Ids, times, histories and version numbers stay as they are. The old server may go on meanwhile: a second time takes only what is new, and whoever was interrupted goes on where it was. Nothing that was logged or moved here is undone; what differs or was left out is said at the end. The login of the old server is read from MLFLOW_TRACKING_TOKEN, or MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD.",
      options: [
        ["--from <source>!", "URL of an MLflow server, its SQLite file, or an mlruns folder"],
        ["--experiment <names>", "only these, with commas between them or as a JSON list (default: all)"],
        ["--artifacts <copy|leave>", "files come here, or stay where they are (default: copy)"],
        ["--artifacts-from <dir>", "where the files of mlflow-artifacts: addresses are, without their server"],
        ["--full", "compare everything anew, also what an earlier import has taken"],
        ["--dry-run", "say what would come and change nothing"],
        ["--from-token <token>", "of the old server, in place of MLFLOW_TRACKING_TOKEN"],
        ["--from-username <name>", "of the old server, in place of MLFLOW_TRACKING_USERNAME"],
        ["--from-password <password>", "of the old server, in place of MLFLOW_TRACKING_PASSWORD"],
      ],
      examples: [
        "slipway import mlflow --from http://mlflow.example.com:5000 --dry-run",
        "slipway import mlflow --from mlflow.db --artifacts-from ./mlartifacts",
        "slipway import mlflow --from ./mlruns --experiment churn,prices -o json",
      ],
      load: async () => (await import("../commands/import.ts")).importFromMlflow,
    },
  ],
};
