export { options, type Config, type OptionName, type OptionSpec } from "./options.ts";
export { parseConfig, readConfigFile, type RawOptions } from "./parse.ts";
