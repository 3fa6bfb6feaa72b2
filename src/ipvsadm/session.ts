/**
 * What the commands of one run share: the world, the names, and the way to whoever obeys.
 *
 * @module
 */
import type { Backend } from "../control/backend.ts";
import { Failure, fatal, refusal } from "./failure.ts";
import * as messages from "./messages.ts";
import { Names } from "./names.ts";
import type { World } from "./world.ts";

/** One run. Close it at the end. */
export class Session {
  readonly world: World;
  readonly names: Names;
  readonly #open: () => Promise<Backend>;
  #backend: Backend | undefined;

  /** @param open opens the way to whoever obeys, where that is not the world's */
  constructor(world: World, open: () => Promise<Backend> = () => world.openBackend()) {
    this.world = world;
    this.#open = open;
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
        this.#backend = await this.#open();
      } catch (error) {
        if (error instanceof Failure) throw error;
        throw fatal(this.world.unanswered(error));
      }
    }
    return this.#backend;
  }

  /**
   * Returns a run in the same world whose changes nobody makes: each is told on standard output
   * instead, and seen by the commands after it. It need not be closed.
   */
  rehearsed(): Session {
    const { stdout } = this.world;
    return new Session(this.world, async () => {
      const backend = await this.backend();
      const { Rehearsal } = await import("./rehearsal.ts");
      const { effectLine } = await import("./format/commands.ts");
      try {
        return await Rehearsal.of(backend, (effect) => stdout.write(effectLine(effect)));
      } catch (error) {
        throw refusal(messages.failureText("list", error));
      }
    });
  }

  async close(): Promise<void> {
    await this.#backend?.close();
    this.#backend = undefined;
  }
}
