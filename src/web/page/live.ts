/**
 * What the director does, as it was told last, for every part of the page.
 *
 * @module
 */
import { batch, computed, signal } from "@preact/signals";
import { sentenceOf } from "../../base/sentence.ts";
import type { LiveService, Traffic } from "../../live/live-state.ts";
import type { DirectorFacts, LiveMessage } from "../api.ts";
import { liveMessages, RequestError } from "./client.ts";

/** How it stands between this page and the director. */
export type Link = "connecting" | "live" | "lost" | "refused";

export const link = signal<Link>("connecting");
/** Why it is lost or refused. */
export const linkReason = signal("");
export const director = signal<DirectorFacts | undefined>(undefined);
export const totals = signal<Traffic | undefined>(undefined);
/** In ms since 1970. */
export const at = signal(0);
const byKey = signal<ReadonlyMap<string, LiveService>>(new Map());
const order = signal<readonly string[]>([]);

/** Services in the director's order. */
export const services = computed(() => order.value.flatMap((key) => byKey.value.get(key) ?? []));

const RETRY = 1000;
const LONGEST_RETRY = 10_000;

let current = new AbortController();

function take(message: LiveMessage): void {
  batch(() => {
    link.value = message.fault === undefined ? "live" : "lost";
    linkReason.value = message.fault ?? "";
    director.value = message.director;
    totals.value = message.totals;
    if (message.services.length > 0 || message.order !== undefined) {
      const known = new Map(byKey.value);
      for (const service of message.services) known.set(service.key, service);
      if (message.order !== undefined) {
        const keys = new Set(message.order);
        for (const key of known.keys()) if (!keys.has(key)) known.delete(key);
        order.value = message.order;
      }
      byKey.value = known;
    }
    at.value = message.at;
  });
}

/** Listens, and begins again whenever that ends. */
export async function listen(): Promise<void> {
  current.abort();
  current = new AbortController();
  const { signal: stop } = current;
  link.value = "connecting";
  for (let retry = RETRY; !stop.aborted; retry = Math.min(2 * retry, LONGEST_RETRY)) {
    try {
      for await (const message of liveMessages(stop)) {
        take(message);
        retry = RETRY;
      }
      link.value = "lost";
      linkReason.value = "";
    } catch (error) {
      if (stop.aborted) return;
      const refused = error instanceof RequestError && error.code === "token";
      link.value = refused ? "refused" : "lost";
      linkReason.value = sentenceOf(error);
      if (refused) return;
    }
    await new Promise((resolve) => setTimeout(resolve, retry));
  }
}
