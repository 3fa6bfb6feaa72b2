/**
 * What two rings hand over comes in the order it was sent, whichever of them it has been in.
 */
import t from "tap";
import { RingPair } from "../../dataplane/ring-pair.ts";
import { Waiter } from "../../dataplane/sys/poll.ts";
import { end, ifEqual, loadNetwork } from "../../src/wire/bpf.ts";
import { MAX_PACKET } from "../../src/wire/frame.ts";
import { inNamespace, ip, Peer, runInNamespace } from "../support/namespace.ts";

/** Of the client's address the last word, and where a header has it as its source. */
const CLIENTS = {
  4: { at: 12, word: 0x0a010002 },
  6: { at: 20, word: 2 },
} as const;
const SERVER = { 4: "10.1.0.1", 6: "2001:db8:1::1" } as const;
const MTU = 9000;

if (!inNamespace()) runInNamespace(t, import.meta.url);
else {
  ip("link set lo up");
  const client = await Peer.make();
  client.connect(
    { name: "tocl", address: "10.1.0.1/24" },
    { name: "eth0", address: "10.1.0.2/24" },
  );
  ip(`link set tocl mtu ${MTU}`);
  client.ip(`link set eth0 mtu ${MTU}`);
  ip("address add 2001:db8:1::1/64 dev tocl nodad");
  client.ip("address add 2001:db8:1::2/64 dev eth0 nodad");
  t.teardown(() => client.close());

  for (const family of [4, 6] as const) {
    t.test(`IPv${family}`, async (t) => {
      const { at, word } = CLIENTS[family];
      const pair = new RingPair(family, { short: 1, long: 1 });
      pair.filter([loadNetwork(at), ifEqual(word, 1, 0), end(false), end(true)]);
      pair.listen();
      const waiter = new Waiter(pair.fds);
      t.teardown(() => {
        waiter.close();
        pair.close();
      });
      const taken = (): readonly { readonly length: number; readonly room: number }[] => {
        const found = [];
        while (waiter.wait(300)) {
          for (let next = pair.take(); next !== undefined; next = pair.take()) {
            const { received } = next.ring;
            t.ok(received.whole);
            const frame = next.frames[received.slot]!;
            const length = received.end - received.packet;
            // Neighbour discovery asks and answers, too.
            if (length > 80) found.push({ length, room: frame.bytes.length - received.packet });
            next.ring.give(received.slot);
          }
        }
        return found;
      };
      const header = family === 4 ? 28 : 48;
      const lengths = [100, 4000, 101, 1500, 8000, 102, 103, 2000, 104];
      for (const length of lengths) await client.send("x".repeat(length), 9, SERVER[family]);
      t.strictSame(
        taken().map(({ length }) => length - header),
        lengths,
        "short and long ones in their order",
      );

      await client.send("x".repeat(9500), 9, SERVER[family]);
      const fragments = taken();
      t.equal(fragments.length, 2);
      t.ok(
        fragments.every(({ room }) => room >= MAX_PACKET),
        "each fragment could become the whole",
      );
      t.ok(fragments[1]!.length < 1000);
      t.equal(pair.lost(), 0);
    });
  }
}
