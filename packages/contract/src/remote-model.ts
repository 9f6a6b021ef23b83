import { z } from "zod";

/** What a file `*.remote.json` says: a model that another server of the Open Inference Protocol runs. */
export const remoteModel = z.strictObject({
  url: z.url({ protocol: /^https?$/, error: "must be the http(s) address of a server" }),
  model: z.string().min(1),
  version: z.string().min(1).optional(),
  /** The name of a secret whose value goes into the header `authorization`. */
  authorization: z.string().min(1).optional(),
});
export type RemoteModelFile = z.infer<typeof remoteModel>;
