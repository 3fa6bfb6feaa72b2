import t from "tap";
import { openLibpcap } from "../../../dataplane/sys/libpcap.ts";
import { PcapHandle } from "../../../dataplane/sys/pcap-handle.ts";
import { inNamespace, ip, runInNamespace } from "../../support/namespace.ts";
import { noLibpcap } from "../../support/packages.ts";

const absent = () => {
  throw new Error("not found");
};

if (!inNamespace()) runInNamespace(t, import.meta.url);
else {
  ip("link set lo up");
  ip("link add eth0 type veth peer name eth1");

  t.test("what is lacking is told in one sentence", async (t) => {
    t.throws(() => openLibpcap("Cannot capture", absent), {
      message: "Cannot capture: needs the optional dependency koffi (npm install koffi)",
    });
    t.throws(() => openLibpcap("Cannot capture", () => ({ load: absent })), {
      message: "Cannot capture: needs the library libpcap (the package libpcap0.8 or libpcap)",
    });
  });

  t.test("interfaces that cannot be captured on are told of", { skip: noLibpcap() }, async (t) => {
    t.throws(() => PcapHandle.open("eth0"), {
      message: /^Cannot capture on "eth0": .*not up/,
    });
    t.throws(() => PcapHandle.open("eth9"), {
      message: /^Cannot capture on "eth9": /,
    });
  });

  t.test("a filter that is none is refused, and the handle goes on", { skip: noLibpcap() }, (t) => {
    for (const link of ["eth0", "eth1"]) ip(`link set ${link} up`);
    const handle = PcapHandle.open("eth0");
    t.teardown(() => handle.close());
    t.throws(() => handle.filter("no filter"), {
      message: /^Cannot filter what is captured: ./,
    });
    handle.filter("less 1");
    t.equal(handle.next(), 0);
    handle.close();
    handle.close();
    t.end();
  });
}
