export { startApp, type App } from "./app.ts";
export { options as serverOptions, parseConfig, type Config } from "./config/index.ts";
export { loadConfig, runServer, type RunOptions } from "./main.ts";
export { doctor, type Finding } from "./main/doctor.ts";
export { packageDigest } from "./main/package-digest.ts";
export { createToken, listTokens, revokeToken, type TokenOptions } from "./main/tokens.ts";
