/**
 * Opens the engine of a device: on a thread of its own where the device allows it.
 *
 * @module
 */
import { MemoryDevice } from "../../dataplane/memory.ts";
import { StaticHost } from "../../dataplane/static-host.ts";
import { assembleEngine } from "./assemble-engine.ts";
import type { Engine, EngineObserver, EngineOptions } from "./engine.ts";
import { InlineEngine } from "./inline-engine.ts";
import { MonotonicClock } from "./monotonic-clock.ts";
import { WorkerEngine } from "./worker-engine.ts";

/**
 * Returns an engine with its device open, not yet serving.
 *
 * @throws Error when the device cannot be had; the sentence names the privilege or the device lacking
 */
export async function openEngine(
  options: EngineOptions,
  observer: EngineObserver,
): Promise<Engine> {
  switch (options.device) {
    case "ring":
    case "tun":
    case "cap":
      return WorkerEngine.open(options, observer);
    case "raw":
      return openRawEngine(options, observer);
    case "memory":
      return openMemoryEngine(options, observer);
  }
}

/** How often to look for packets, in ms: no event of this thread tells of them. */
const POLL_INTERVAL = 1;

/** An engine whose packets leave by a package that cannot be had on another thread. */
async function openRawEngine(options: EngineOptions, observer: EngineObserver): Promise<Engine> {
  const { openHostEngine } = await import("./open-host-engine.ts");
  const clock = new MonotonicClock();
  return new InlineEngine(
    openHostEngine(options, clock, observer).host,
    clock,
    (error) => observer.failed(error),
    POLL_INTERVAL,
  );
}

/** An engine without packets: who runs it has the commands and the listings. */
function openMemoryEngine(options: EngineOptions, observer: EngineObserver): Engine {
  const clock = new MonotonicClock();
  const device = new MemoryDevice();
  const around = { device, host: new StaticHost(), clock };
  const host = assembleEngine(options, around, observer);
  return new InlineEngine(host, clock, (error) => observer.failed(error));
}
