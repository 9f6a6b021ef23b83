export {
  createChildRunner,
  type ChildLimits,
  type ChildOutcome,
  type ChildRunner,
  type ChildTask,
} from "./child-runner.ts";
export {
  minimalEnvironment,
  networkEnvironment,
  requireSecret,
  toModelEnvironment,
  type ModelNeeds,
} from "./environment.ts";
export { findPythonPackage, type FoundPackage } from "./find-python-package.ts";
export { isLost, ServiceLost, startService, type Service, type ServiceOptions } from "./service.ts";
