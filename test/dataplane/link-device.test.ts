import t from "tap";
import { LinkDevice } from "../../dataplane/link-device.ts";
import type { LinkSource } from "../../dataplane/link-source.ts";
import { MemoryDevice } from "../../dataplane/memory.ts";
import { Frame } from "../../src/wire/frame.ts";
import { udp } from "../support/packet.ts";

const FROM_LINK = udp({ from: "10.1.2.3:53", to: "10.0.0.100:53", payload: "from a link" });
const FROM_HOST = udp({ from: "10.0.0.1:53", to: "10.0.0.100:53", payload: "from the host" });

/** A source that never runs dry, and puts a frame of its own into batches. */
class Flood implements LinkSource {
  readonly fds = [];
  readonly drops = {};
  readonly #own = new Frame();
  #displaced: Frame | undefined;

  takeFrom(): void {}

  receive(batch: Frame[]): number {
    this.giveBack(batch);
    this.#displaced = batch[0];
    this.#own.load(FROM_LINK);
    batch[0] = this.#own;
    return 1;
  }

  giveBack(batch: Frame[]): void {
    if (this.#displaced !== undefined) batch[0] = this.#displaced;
    this.#displaced = undefined;
  }

  close(): void {}
}

t.test("the host's packets get their turn while those of links keep coming", async (t) => {
  const host = Object.assign(new MemoryDevice(), { fds: [] });
  const output = new MemoryDevice();
  const routes = { links: new Map() };
  const device = new LinkDevice({ name: "ring", source: new Flood(), output, host, routes });
  const first = new Frame();
  const batch = [first];
  host.inject(FROM_HOST);
  host.inject(FROM_HOST);
  const kinds: string[] = [];
  for (let turn = 0; turn < 40; turn++) {
    t.equal(device.receive(batch), 1);
    const isHosts = Buffer.from(batch[0]!.packet()).equals(Buffer.from(FROM_HOST));
    if (isHosts) t.equal(batch[0], first, "no memory of the source is written to");
    kinds.push(isHosts ? "host" : "link");
  }
  t.strictSame(
    kinds.flatMap((kind, turn) => (kind === "host" ? [turn] : [])),
    [16, 33],
  );
});
