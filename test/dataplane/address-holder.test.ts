import t from "tap";
import { AddressHolder } from "../../dataplane/address-holder.ts";
import { HostRoutes } from "../../dataplane/host-routes.ts";
import { PacketSelection } from "../../dataplane/packet-selection.ts";
import { Waiter } from "../../dataplane/sys/poll.ts";
import { ManualClock } from "../../src/base/clock.ts";
import { inNamespace, ip, Peer, runInNamespace } from "../support/namespace.ts";
import { selector } from "../support/selectors.ts";

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
  const routes = HostRoutes.open({ clock: new ManualClock() });
  const selection = new PacketSelection();
  const holder = new AddressHolder(routes, selection);
  const waiter = new Waiter(holder.fds);
  t.teardown(() => {
    holder.close();
    routes.close();
    waiter.close();
    client.close();
  });
  const mac = /link\/ether ([0-9a-f:]+)/.exec(ip("link show tocl"))![1]!;

  /** Sends from the client, answers what comes for a moment, and returns whom the client knows there. */
  const known = async (address: string): Promise<string> => {
    await client.send("hello", 9, address);
    while (waiter.wait(300)) holder.turn();
    return client.ip(`neigh show to ${address} dev eth0`);
  };

  for (const held of ["10.1.0.100", "2001:db8:1::100"]) {
    t.test(`the virtual address ${held} is answered for while there is a service`, async (t) => {
      const web = selector({ direction: "request", protocol: 6, address: held, port: 80 });
      t.notMatch(await known(held), /lladdr/);
      selection.add(web);
      client.ip("neigh flush dev eth0 nud all");
      t.match(await known(held), `lladdr ${mac}`);
      selection.remove(web);
      client.ip("neigh flush dev eth0 nud all");
      t.notMatch(await known(held), /lladdr/);
    });
  }

  t.test("what the host has itself, and what nobody has, is left alone", async (t) => {
    ip("address add 10.1.0.101/32 dev tocl");
    routes.refresh();
    selection.add(selector({ direction: "request", protocol: 6, address: "10.1.0.101", port: 80 }));
    t.match(await known("10.1.0.101"), `lladdr ${mac}`, "the host's own answer");
    t.notMatch(await known("10.1.0.102"), /lladdr/);
  });
}
