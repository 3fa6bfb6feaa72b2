import t from "tap";
import {
  allAnswered,
  evenShares,
  fairNetworks,
  keptServers,
  type Outcome,
  seenClients,
  sparedAfterCommand,
} from "../../../src/lab/demo/expectations.ts";

interface Told {
  readonly server?: string;
  readonly from?: string;
  readonly client?: string;
  readonly connection?: string;
  readonly after?: boolean;
}

function outcomes(...told: readonly Told[]): readonly Outcome[] {
  return told.map(
    ({ server, from = "10.0.0.1", client = from, connection, after = false }, id) => ({
      request: { from, mark: " ", ...(connection === undefined ? {} : { connection }) },
      answer: {
        id,
        time: 1,
        ...(server === undefined ? { fault: "timeout" } : { server, client }),
      },
      afterCommand: after,
    }),
  );
}

function from(servers: string, after = false): readonly Told[] {
  return [...servers].map((digit) => ({ server: `web${digit}`, after }));
}

t.test("allAnswered() counts the requests without an answer", async (t) => {
  t.equal(allAnswered(outcomes(...from("432")), []), undefined);
  t.equal(
    allAnswered(outcomes({ server: "web2" }, {}, {}), []),
    "2 of 3 requests got no answer: timeout",
  );
});

t.test("evenShares() wants the same number from every server", async (t) => {
  t.equal(evenShares(outcomes(...from("432432")), []), undefined);
  t.match(evenShares(outcomes(...from("432433")), []), /answered 1, 3, 2 times.* 2 each/);
  t.match(evenShares(outcomes(...from("4343")), []), /answered 0, 2, 2 times/);
});

t.test("seenClients() wants the client's own address at the server", async (t) => {
  t.equal(seenClients(outcomes(...from("432"), {}), []), undefined);
  t.equal(
    seenClients(outcomes({ server: "web2", from: "10.0.0.1", client: "10.0.0.9" }), []),
    "web2 saw client 10.0.0.9 instead of 10.0.0.1",
  );
});

t.test("sparedAfterCommand() wants the server before the command and not after it", async (t) => {
  const spared = sparedAfterCommand("web3");
  t.equal(spared(outcomes(...from("432"), ...from("4242", true)), []), undefined);
  t.match(
    spared(outcomes(...from("42"), ...from("4242", true)), []),
    /web3 took no new connection before/,
  );
  t.match(
    spared(outcomes(...from("432"), ...from("4323", true)), []),
    /web3 took 2 new connections after/,
  );
  t.match(
    spared(outcomes(...from("432"), ...from("44", true)), []),
    /web2 took no new connection after/,
  );
});

t.test("keptServers() wants each connection where it was first", async (t) => {
  const earlier = outcomes(
    { server: "web4", connection: "a" },
    { server: "web3", connection: "b" },
  );
  t.equal(keptServers(outcomes({ server: "web3", connection: "b" }), earlier), undefined);
  t.equal(
    keptServers(outcomes({ server: "web2", connection: "b" }), earlier),
    "connection b went from web3 to web2",
  );
});

t.test("fairNetworks() wants one server for a network, and another for another", async (t) => {
  const at = (server: string, ...hosts: readonly string[]) =>
    hosts.map((host) => ({ server, from: host }));
  const near = at("web4", "10.1.1.1", "10.1.1.2");
  t.equal(fairNetworks(outcomes(...near, ...at("web3", "10.1.2.1")), []), undefined);
  t.equal(
    fairNetworks(outcomes(...near, ...at("web3", "10.1.1.3")), []),
    "network 10.1.1.0 got both web4 and web3",
  );
  t.equal(
    fairNetworks(outcomes(...near, ...at("web4", "10.1.2.1")), []),
    "networks 10.1.1.0 and 10.1.2.0 share one server",
  );
});
