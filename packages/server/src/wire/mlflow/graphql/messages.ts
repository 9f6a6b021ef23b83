import type { GraphqlRequest } from "./answer.ts";

/** To the thread: a request, or what one of its questions was answered. */
export type ToThread =
  | { readonly id: number; readonly request: GraphqlRequest }
  | { readonly id: number; readonly question: number; readonly bytes: Uint8Array };

/** From the thread: a question that a request needs the answer of, or its own answer. */
export type FromThread =
  | { readonly id: number; readonly question: number; readonly path: string; readonly input: object }
  | { readonly id: number; readonly answer: string }
  | { readonly id: number; readonly failure: string };
