/**
 * A backup that is told anything at all. UIPVS_SYNC_MESSAGES says how many messages, 20,000 unless set.
 */
import t from "tap";
import { StaticHost } from "../../../dataplane/static-host.ts";
import type { MulticastEnd } from "../../../src/engine/host.ts";
import { Wire } from "../support.ts";
import { recordedMessages, wrongMessages } from "./messages.ts";

const MESSAGES = Number(process.env.UIPVS_SYNC_MESSAGES ?? 20_000);
const SEED = 7;

/** A host whose groups are heard through this. */
class TellingHost extends StaticHost {
  tell: (datagram: Uint8Array) => void = () => {};
  closed = 0;

  constructor() {
    super({ interfaces: new Map([["eth0", { up: true, mtu: 1500 }]]) });
  }

  openMulticastReceiver(_end: MulticastEnd, take: (datagram: Uint8Array) => void) {
    this.tell = take;
    return { close: () => void this.closed++ };
  }
}

function begin(syncId = 0) {
  const host = new TellingHost();
  const wire = new Wire({ host });
  wire.director.startDaemon({ role: "backup", interfaceName: "eth0", syncId });
  return { host, wire, director: wire.director };
}

t.test(
  "nothing comes of messages of another group, longer than told, or after the end",
  async (t) => {
    const { host, director } = begin(6);
    const [message] = recordedMessages("sync-backup");
    host.tell(message!);
    t.equal(director.connectionCount, 0);
    t.same(director.synchronisation().refused, { "other-syncid": 1 });
    host.tell(new Uint8Array(1473));
    t.same(director.synchronisation().refused, { "wrong-size": 1, "other-syncid": 1 });
    director.stopDaemon("backup");
    t.equal(host.closed, 1);
  },
);

t.test("whatever comes, each entry is of a record that was taken", async (t) => {
  const { host, wire, director } = begin();
  const messages = wrongMessages(SEED);
  let most = 0;
  for (let count = 0; count < MESSAGES; count++) {
    const { value } = messages.next();
    const before = director.connectionCount;
    const taken = director.synchronisation().takenRecords;
    host.tell(value);
    const entries = director.connectionCount - before;
    const records = director.synchronisation().takenRecords - taken;
    if (entries > records) t.fail(`${entries} entries of ${records} records`);
    if (count % 1000 === 999) {
      wire.wait(60);
      most = Math.max(most, director.connectionCount);
    }
  }
  const { receivedMessages, takenRecords, refused } = director.synchronisation();
  t.equal(receivedMessages, MESSAGES);
  t.ok(takenRecords > MESSAGES / 10 && Object.keys(refused).length >= 8, JSON.stringify(refused));
  t.comment(`${takenRecords} records taken, ${most} entries at most`);
});
