import type { FastifyReply } from "fastify";
import type { OutgoingHttpHeaders } from "node:http";

/** An answer that is written piece by piece, as fast as the caller reads. */
export interface Download {
  /** Resolves when the piece left this process. @throws Error where the caller is gone */
  write(piece: Uint8Array): Promise<void>;
  end(): void;
  /** Cuts the connection, so that the caller notices that the answer is not whole. */
  abort(): void;
}

export function openDownload(reply: FastifyReply, headers: OutgoingHttpHeaders, status = 200): Download {
  reply.hijack();
  const response = reply.raw;
  response.writeHead(status, headers);
  const gone = Promise.withResolvers<never>();
  gone.promise.catch(() => {});
  response.once("close", () => gone.reject(new Error("the caller is gone")));
  response.on("error", (error) => gone.reject(error));
  return {
    write(piece) {
      const left = new Promise<void>((resolve, reject) => {
        response.write(piece, (error) => (error ? reject(error) : resolve()));
      });
      return Promise.race([left, gone.promise]);
    },
    end: () => void response.end(),
    abort: () => void response.destroy(),
  };
}
