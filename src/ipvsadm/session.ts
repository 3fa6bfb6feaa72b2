/**
 * What the commands of one run share: the world, the names, and the way to whoever obeys.
 *
 * @module
 */
import type { Backend } from "../control/backend.ts";
import { fatal } from "./failure.ts";
import * as messages from "./messages.ts";
import { Names } from "./names.ts";
import type { World } from "./world.ts";

/** One run. Close it at the end. */
export class Session {
  readonly world: World;
  readonly names: Names;
  #backend: Backend | undefined;

  constructor(world: World) {
    this.world = world;
    this.names = new Names(world.resolver);
  }

  /**
   * Returns whoever obeys, opened on first use.
   *
   * @throws Failure when nobody answers
   */
  async backend(): Promise<Backend> {
    if (this.#backend === undefined) {
      try {
        this.#backend = await this.world.openBackend();
      } catch (error) {
        throw fatal(messages.noDirector(this.world.director, messages.systemReason(error)));
      }
    }
    return this.#backend;
  }

  async close(): Promise<void> {
    await this.#backend?.close();
    this.#backend = undefined;
  }
}
