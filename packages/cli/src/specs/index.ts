import type { CommandGroup, CommandSpec } from "./command-spec.ts";
import { deployCommands } from "./deploy.ts";
import { environmentCommands } from "./environments.ts";
import { importCommands } from "./import.ts";
import { incidentCommands } from "./incidents.ts";
import { labelCommands } from "./labels.ts";
import { modelCommands } from "./models.ts";
import { monitoringCommands } from "./monitoring.ts";
import { packageCommands } from "./package.ts";
import { predictionCommands } from "./predictions.ts";
import { rolloutCommands } from "./rollouts.ts";
import { serverCommands } from "./server.ts";
import { shellCommands } from "./shell.ts";
import { trackingCommands } from "./tracking.ts";
import { tokenCommands } from "./tokens.ts";

export type { CommandGroup, CommandSpec } from "./command-spec.ts";

export const commandGroups: readonly CommandGroup[] = [
  serverCommands,
  deployCommands,
  rolloutCommands,
  predictionCommands,
  labelCommands,
  monitoringCommands,
  incidentCommands,
  modelCommands,
  trackingCommands,
  importCommands,
  packageCommands,
  environmentCommands,
  tokenCommands,
  shellCommands,
];

export const commandSpecs: readonly CommandSpec[] = commandGroups.flatMap((group) => group.commands);
