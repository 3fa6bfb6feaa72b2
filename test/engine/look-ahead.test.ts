/** Looking ahead changes no decision, whatever comes and goes within a batch. */
import t from "tap";
import { SeededRandom } from "../../src/base/random.ts";
import { Frame } from "../../src/wire/frame.ts";
import { tcp, udp } from "../support/packet.ts";
import { VIP, Wire } from "./support.ts";

/** So many that looking ahead begins. */
const CLIENTS = 9000;
const BATCH = 48;
const BATCHES = 400;

const SERVERS = ["192.168.10.11", "192.168.10.12"];

function balanced(): Wire {
  const wire = new Wire();
  for (const protocol of ["tcp", "udp"] as const) {
    wire.service(protocol, 80, { scheduler: "rr" });
    for (const server of SERVERS) {
      wire.server(protocol, 80, `${server}:8080`, { method: "masquerade" });
    }
  }
  return wire;
}

function clientOf(index: number): string {
  return `10.1.${index >>> 8}.${index & 255}:4000`;
}

interface Sent {
  readonly bytes: Uint8Array;
  readonly reply: boolean;
}

/** Returns a packet of one of the clients, or of one that was not seen before. */
function draw(random: SeededRandom, few: number): Sent {
  // Few clients in a batch, so that a flow has several packets in it.
  const client = clientOf((few + random.below(12)) % (CLIENTS + 500));
  const protocol = random.below(4) === 0 ? udp : tcp;
  const flags = ["S", "A", "A", "F", "R", "SA"][random.below(6)]!;
  const reply = random.below(3) === 0;
  const ends = reply
    ? { from: `${SERVERS[random.below(2)]}:8080`, to: client }
    : { from: client, to: `${VIP}:80` };
  return { bytes: protocol({ ...ends, flags, payload: "" }), reply };
}

/** Decides about a batch; returns all that was decided. */
function decide({ director }: Wire, sent: readonly Sent[], ahead: boolean): readonly unknown[] {
  const batch = sent.map(({ bytes }) => {
    const frame = new Frame();
    frame.load(bytes);
    return frame;
  });
  if (ahead) director.expect(batch, batch.length);
  return sent.map(({ reply }, at) => {
    const frame = batch[at]!;
    const verdict = reply ? director.forwarded(frame) : director.localIn(frame);
    const { reason, connection, isNew, destination } = director.decision;
    return [verdict, reason, connection, isNew, destination?.number, [...frame.packet()]];
  });
}

t.test("looking ahead over batches changes no decision", async (t) => {
  const looking = balanced();
  const blind = balanced();
  for (const flags of ["S", "A"]) {
    const opening = Array.from({ length: CLIENTS }, (_, index) => ({
      bytes: tcp({ from: clientOf(index), to: `${VIP}:80`, flags }),
      reply: false,
    }));
    for (const wire of [looking, blind]) decide(wire, opening, false);
  }

  const random = new SeededRandom(7);
  let differing = 0;
  for (let batch = 0; batch < BATCHES; batch++) {
    const few = random.below(CLIENTS);
    const sent = Array.from({ length: BATCH }, () => draw(random, few));
    const seen = JSON.stringify(decide(looking, sent, true));
    if (seen !== JSON.stringify(decide(blind, sent, false))) differing++;
    // Flows that are over give way to new ones, and some end.
    if (random.below(8) === 0) for (const wire of [looking, blind]) wire.wait(3);
  }
  t.equal(differing, 0, `${differing} of ${BATCHES} batches differ`);
  t.same([...looking.director.connections()], [...blind.director.connections()]);
  t.ok(looking.director.connectionCount > 8192, `${looking.director.connectionCount} connections`);
});
