export { createCommandRuntime, startCommand, type CommandRuntimeOptions } from "./command-runtime.ts";
export { describeOip, requireHttpUrl, type DescribeOipOptions } from "./describe-oip.ts";
export { createRemoteOipRuntime, type RemoteOipOptions } from "./remote-oip-runtime.ts";
