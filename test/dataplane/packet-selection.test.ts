import t from "tap";
import { PacketSelection } from "../../dataplane/packet-selection.ts";
import { Frame } from "../../src/wire/frame.ts";
import * as ipv4 from "../../src/wire/ipv4.ts";
import { tcp, udp } from "../support/packet.ts";
import { type SelectorText, selector } from "../support/selectors.ts";

const WEB: SelectorText = { direction: "request", protocol: 6, address: "10.9.9.9", port: 80 };
const REPLY: SelectorText = { direction: "reply", protocol: 6, address: "10.2.0.2", port: 8080 };
const WEB6: SelectorText = { direction: "request", protocol: 6, address: "2001:db8::9", port: 80 };

function framed(packet: Uint8Array): Frame {
  const frame = new Frame();
  frame.load(packet);
  return frame;
}

function selectionOf(...selectors: readonly SelectorText[]): PacketSelection {
  const selection = new PacketSelection();
  for (const text of selectors) selection.add(selector(text));
  return selection;
}

t.test("has() tells requests and replies of selected ports from all others", async (t) => {
  const selection = selectionOf(WEB, REPLY, WEB6);
  const has = (from: string, to: string) => selection.has(framed(tcp({ from, to })));
  t.ok(has("10.1.0.2:1000", "10.9.9.9:80"));
  t.notOk(has("10.1.0.2:1000", "10.9.9.9:81"));
  t.notOk(has("10.1.0.2:1000", "10.9.9.8:80"));
  t.notOk(has("10.9.9.9:80", "10.1.0.2:1000"), "a request's address as a source");
  t.ok(has("10.2.0.2:8080", "10.1.0.2:1000"));
  t.notOk(has("10.2.0.2:8081", "10.1.0.2:1000"));
  t.ok(has("[2001:db8::1]:1000", "[2001:db8::9]:80"));
  t.notOk(has("[2001:db8::1]:1000", "[2001:db8::9]:81"));
  t.notOk(selection.has(framed(udp({ from: "10.1.0.2:1000", to: "10.9.9.9:80" }))), "UDP");
});

t.test("concerns() takes what goes to requests' addresses and comes from replies'", async (t) => {
  const selection = selectionOf(WEB, REPLY, WEB6);
  const concerns = (from: string, to: string) => selection.concerns(framed(udp({ from, to })));
  t.ok(concerns("10.1.0.2:1", "10.9.9.9:1"));
  t.ok(concerns("10.2.0.2:1", "10.1.0.2:1"));
  t.ok(concerns("[2001:db8::1]:1", "[2001:db8::9]:1"));
  t.notOk(concerns("10.9.9.9:1", "10.1.0.2:1"), "from a request's address");
  t.notOk(concerns("10.1.0.2:1", "10.2.0.2:1"), "to a reply's address");
  t.notOk(selection.concerns(framed(new Uint8Array(30))), "no packet");
});

t.test("has() takes fragments where they are selected, whatever their bytes say", async (t) => {
  const fragment = framed(tcp({ from: "10.1.0.2:1000", to: "10.9.9.9:81" }));
  ipv4.setFragment(fragment.view, fragment.start, ipv4.MORE_FRAGMENTS);
  t.notOk(selectionOf(WEB).has(fragment));
  const { port: _, ...wide } = WEB;
  t.ok(selectionOf(WEB, { ...wide, fragments: true }).has(fragment));
});

t.test("has() takes any port where no port is said", async (t) => {
  const { port: _, ...wide } = WEB;
  t.ok(selectionOf(wide).has(framed(tcp({ from: "10.1.0.2:1000", to: "10.9.9.9:12345" }))));
});

t.test("remove() forgets, and addresses() says what is left", async (t) => {
  const selection = selectionOf(WEB, REPLY, WEB6);
  const changes = selection.addressChanges;
  t.equal(selection.addresses(4).requests.length, 1);
  selection.add(selector({ ...WEB, port: 443 }));
  t.equal(selection.addressChanges, changes, "another port is no other address");
  selection.remove(selector(WEB));
  selection.remove(selector({ ...WEB, port: 443 }));
  t.ok(selection.addressChanges > changes);
  t.notOk(selection.has(framed(tcp({ from: "10.1.0.2:1000", to: "10.9.9.9:80" }))));
  t.strictSame(selection.addresses(4).requests, []);
  t.equal(selection.addresses(4).replies.length, 1);
  t.equal(selection.addresses(6).requests.length, 1);
});
