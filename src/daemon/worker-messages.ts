/**
 * What the two threads of a daemon tell each other.
 *
 * @module
 */
import type { MessagePort } from "node:worker_threads";
import type { EngineOptions } from "./engine.ts";

/** What the worker is made with. */
export interface WorkerData {
  readonly options: EngineOptions;
  readonly port: MessagePort;
}

/**
 * What the engine is asked. Each but `abandon` is answered once, by the message of the same `id`; an
 * answer in pieces goes on with `more`, or is given up with `abandon`, under the `id` it began with.
 */
export type WorkerRequest = { readonly id: number } & (
  | { readonly kind: "answer"; readonly message: Uint8Array }
  | { readonly kind: "more" | "abandon" | "start" | "close" }
);

/** What the engine says. */
export type WorkerReply =
  /** First of all: it can be asked, and is woken by writing a one to that eventfd. */
  | { readonly kind: "ready"; readonly deviceName: string; readonly wakeFd: number }
  /** A piece of an answer, and there is more. */
  | { readonly kind: "piece"; readonly id: number; readonly reply: Uint8Array }
  /** The last piece, if there is any. */
  | { readonly kind: "done"; readonly id: number; readonly reply?: Uint8Array | undefined }
  | { readonly kind: "refused"; readonly id: number; readonly sentence: string }
  /** Nobody asked for these. */
  | { readonly kind: "log"; readonly line: string }
  | { readonly kind: "stop-requested" }
  /** It has ended by itself, or never began. */
  | { readonly kind: "failed"; readonly sentence: string };
