import t from "tap";
import { CapLinks } from "../../dataplane/cap.ts";
import { HostRoutes } from "../../dataplane/host-routes.ts";
import type { LinkSource } from "../../dataplane/link-source.ts";
import { PacketSelection } from "../../dataplane/packet-selection.ts";
import { RingSource } from "../../dataplane/ring-source.ts";
import { Waiter } from "../../dataplane/sys/poll.ts";
import { ManualClock } from "../../src/base/clock.ts";
import { Frame } from "../../src/wire/frame.ts";
import { completeChecksum } from "../../src/wire/offload.ts";
import { inNamespace, ip, Peer, runInNamespace } from "../support/namespace.ts";
import { noLibpcap } from "../support/packages.ts";
import { selector } from "../support/selectors.ts";

/** Sources keep the same promises. */
const SOURCES: Readonly<Record<string, (selection: PacketSelection) => LinkSource>> = {
  RingSource: (selection) => new RingSource(selection, { short: 1, long: 1 }),
  CapLinks: (selection) => new CapLinks({ selection, icmp: false }),
};

const UDP = 17;

if (!inNamespace()) runInNamespace(t, import.meta.url);
else {
  ip("link set lo up");
  const client = await Peer.make();
  client.connect(
    { name: "tocl", address: "10.1.0.1/24" },
    { name: "eth0", address: "10.1.0.2/24" },
  );
  ip("address add 2001:db8:1::1/64 dev tocl nodad");
  client.ip("address add 2001:db8:1::2/64 dev eth0 nodad");
  t.teardown(() => client.close());

  for (const [name, open] of Object.entries(SOURCES)) {
    const skip = name === "CapLinks" && noLibpcap();
    t.test(`${name} takes what is selected of the links it is told`, { skip }, async (t) => {
      const routes = HostRoutes.open({ clock: new ManualClock() });
      const selection = new PacketSelection();
      for (const address of ["10.1.0.1", "2001:db8:1::1"]) {
        selection.add(selector({ direction: "request", protocol: UDP, address, port: 9 }));
      }
      const source = open(selection);
      const links = [...routes.links.values()].filter((link) => link.name === "tocl");
      source.takeFrom(links);
      const waiter = new Waiter(source.fds);
      t.teardown(() => {
        waiter.close();
        source.close();
        routes.close();
      });
      const own = [new Frame(), new Frame()];
      const batch = [...own];
      /** Returns the last bytes of the packets that come, as they would leave. */
      const taken = (): readonly string[] => {
        const said: string[] = [];
        for (let round = 0; round < 100 && waiter.wait(300); round++) {
          const count = source.receive(batch);
          for (const frame of batch.slice(0, count)) {
            t.ok(frame.fromLink);
            completeChecksum(frame);
            said.push(Buffer.from(frame.packet()).toString("latin1").slice(-5));
          }
        }
        return said;
      };
      for (const address of ["10.1.0.1", "2001:db8:1::1"]) {
        await client.send("first", 9, address);
        await client.send("other", 10, address);
        await client.send("third", 9, address);
        t.strictSame(taken(), ["first", "third"], address);
      }
      t.equal(source.receive(batch), 0);
      t.strictSame(batch, own, "the batch has its own frames again");
      source.takeFrom([]);
      waiter.watch(source.fds);
      await client.send("fifth", 9, "10.1.0.1");
      t.strictSame(taken(), [], "of no link");
      for (const [reason, count] of Object.entries(source.drops)) t.equal(count, 0, reason);
    });
  }
}
