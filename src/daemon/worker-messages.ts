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

/** What the engine is asked. Each is answered once, by the message of the same `id`. */
export type WorkerRequest = { readonly id: number } & (
  | { readonly kind: "answer"; readonly message: Uint8Array }
  | { readonly kind: "start" | "close" }
);

/** What the engine says. */
export type WorkerReply =
  /** First of all: it can be asked, and is woken by writing a one to that eventfd. */
  | { readonly kind: "ready"; readonly deviceName: string; readonly wakeFd: number }
  | { readonly kind: "done"; readonly id: number; readonly reply?: Uint8Array }
  | { readonly kind: "refused"; readonly id: number; readonly sentence: string }
  /** Nobody asked for these. */
  | { readonly kind: "log"; readonly line: string }
  | { readonly kind: "stop-requested" }
  /** It has ended by itself, or never began. */
  | { readonly kind: "failed"; readonly sentence: string };
