export { createHttp, type Http, type HttpOptions } from "./create-http.ts";
export { readBody } from "./body.ts";
export { receiveGetBody } from "./receive-get-body.ts";
export { checkWrite, isLoopback } from "./guard.ts";
export { callerOf, setCaller } from "./caller.ts";
export { sendEvents } from "./events.ts";
export { openDownload, type Download } from "./download.ts";
export { createRelay, type Relay } from "./relay.ts";
export { placeSocket, serveLocally, type LocalServer, type SocketPlace } from "./local-server.ts";
