/**
 * The emulator in step with a kernel: before each operation its time is brought to what the kernel's was
 * before that operation.
 *
 * @module
 */
import type { Milliseconds } from "../base/clock.ts";
import type { Captured, Printed, Sent, Variable } from "../scenario/bed.ts";
import { EmulatorBed, type EmulatorOptions } from "../scenario/emulator-bed.ts";
import type { ProgramName } from "../scenario/statement.ts";

/** An emulator for one scenario that a kernel has played. */
export class PacedBed extends EmulatorBed {
  readonly #moments: readonly Milliseconds[];
  #done = 0;
  /** What left meanwhile, for the next operation that gives packets. */
  #left: readonly Captured[] = [];

  /** @param moments when each operation but `setUp` began on the kernel, since its network was made */
  constructor(moments: readonly Milliseconds[], options: EmulatorOptions) {
    super(options);
    this.#moments = moments;
  }

  override async run(program: ProgramName, args: readonly string[]): Promise<Printed> {
    await this.#catchUp();
    return super.run(program, args);
  }

  override async shell(command: string): Promise<Printed> {
    await this.#catchUp();
    return super.shell(command);
  }

  override async sysctl(name: string, value?: string): Promise<Variable> {
    await this.#catchUp();
    return super.sysctl(name, value);
  }

  override async read(path: string): Promise<Uint8Array | undefined> {
    await this.#catchUp();
    return super.read(path);
  }

  override async send(...given: Parameters<EmulatorBed["send"]>): Promise<Sent | undefined> {
    await this.#catchUp();
    const sent = await super.send(...given);
    return sent && { ...sent, captured: [...this.#taken(), ...sent.captured] };
  }

  override async sleep(duration: Milliseconds): Promise<readonly Captured[]> {
    await this.#catchUp();
    const captured = await super.sleep(duration);
    return [...this.#taken(), ...captured];
  }

  /** Lets time pass until the next operation is due; a kernel that did other things has no say. */
  async #catchUp(): Promise<void> {
    const behind = (this.#moments[this.#done++] ?? 0) - this.now();
    if (behind > 0) this.#left = [...this.#left, ...(await super.sleep(behind))];
  }

  #taken(): readonly Captured[] {
    const left = this.#left;
    this.#left = [];
    return left;
  }
}
