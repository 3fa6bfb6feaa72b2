/**
 * The wish of a user, or of who started this process, that it end.
 *
 * @module
 */

/** Exit status after a signal: 128 and its number, as a shell reports it. */
const STATUS = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

/** An interruption that may or may not come. Until `ignore`, signals no longer end the process. */
export class Interruption {
  /** Signals that interrupt. */
  static readonly SIGNALS = Object.keys(STATUS) as readonly (keyof typeof STATUS)[];

  /** Resolves to an exit status when the interruption comes. */
  readonly status: Promise<number>;
  #happened = false;
  #interrupt: (status: number) => void = () => {};
  readonly #onSignal = (signal: NodeJS.Signals) => {
    this.#interrupt(STATUS[signal as keyof typeof STATUS]);
  };
  readonly #onDisconnect = () => this.#interrupt(STATUS.SIGHUP);

  constructor() {
    this.status = new Promise((resolve) => {
      this.#interrupt = (status) => {
        this.#happened = true;
        resolve(status);
      };
    });
    for (const signal of Interruption.SIGNALS) process.on(signal, this.#onSignal);
    // The channel to a parent that started this process with one.
    process.on("disconnect", this.#onDisconnect);
  }

  /** Whether it has come. */
  get happened(): boolean {
    return this.#happened;
  }

  /** Minds no signal any more: from here on everything is being taken down anyway. */
  ignore(): void {
    process.off("disconnect", this.#onDisconnect);
  }
}
