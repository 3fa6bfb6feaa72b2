import t from "tap";
import type { SelectorChange } from "../../dataplane/capture-rules.ts";
import { StaticHost } from "../../dataplane/static-host.ts";
import { schedulers } from "../../schedulers/index.ts";
import { ManualClock } from "../../src/base/clock.ts";
import { EngineHost } from "../../src/daemon/engine-host.ts";
import { InlineEngine } from "../../src/daemon/inline-engine.ts";
import { watched } from "../../src/daemon/watched-administration.ts";
import { Director } from "../../src/engine/director.ts";
import { parseAddress } from "../../src/net/address.ts";
import { TCP } from "../../src/net/protocol.ts";
import type { ServiceConfig, ServiceId } from "../../src/wire/ipvs-objects.ts";

const SERVICE: ServiceId = {
  family: 4,
  protocol: TCP,
  address: parseAddress("192.0.2.1"),
  port: 80,
  fwmark: 0,
};
const CONFIG: ServiceConfig = { scheduler: "rr", flags: 0, timeout: 0, netmask: 0xffffffff };

/** An engine whose messages are numbers of commands, and which notes what happens to it. */
class Rig {
  readonly events: string[] = [];
  readonly applied: SelectorChange[] = [];
  refusal: Error | undefined;
  packets = 0;
  deadline = Number.POSITIVE_INFINITY;
  readonly clock = new ManualClock();
  readonly director = new Director({ schedulers, clock: this.clock, host: new StaticHost() });
  readonly commands = [
    () => this.#administration.addService(SERVICE, CONFIG),
    () => this.#administration.zero(),
    () => this.#administration.deleteService(SERVICE),
    () => this.#administration.editService(SERVICE, CONFIG),
  ];
  readonly #administration = watched(this.director, (service) =>
    this.host.configurationChanged(service),
  );
  readonly host: EngineHost = new EngineHost({
    deviceName: "test0",
    configuration: this.director,
    answer: (message) => {
      this.commands[message[0]!]!();
      this.events.push("obeyed");
      return [message];
    },
    loop: {
      turn: () => {
        if (this.packets < 0) throw new Error("a packet too many");
        this.events.push("turn");
        return this.packets > 0 ? this.packets-- : 0;
      },
      flooded: false,
      nextDeadline: () => this.deadline,
    },
    interceptor: {
      apply: (change) => {
        if (this.refusal !== undefined) throw this.refusal;
        this.applied.push(change);
        this.events.push("applied");
      },
      close: () => {
        this.events.push("restored");
        if (this.refusal !== undefined) throw this.refusal;
      },
    },
    release: () => this.events.push("released"),
    log: (line) => this.events.push(line),
  });

  command(number: number): Uint8Array {
    const [piece] = [...this.host.answer(Uint8Array.of(number))];
    return piece ?? new Uint8Array(0);
  }
}

t.test("the host is told of a change before the command is answered", async (t) => {
  const rig = new Rig();
  rig.host.start();
  rig.events.length = 0;
  t.same(rig.command(0), Uint8Array.of(0));
  t.same(rig.events, ["obeyed", "applied"]);
  t.match(rig.applied.at(-1), { add: [{ port: 80 }], remove: [] });
  rig.command(1);
  rig.command(3);
  t.same(rig.events, ["obeyed", "applied", "obeyed", "obeyed"], "these change no selector");
  rig.command(2);
  t.match(rig.applied.at(-1), { add: [], remove: [{ port: 80 }] });
});

t.test("before it serves, the host is told nothing; then everything at once", async (t) => {
  const rig = new Rig();
  rig.command(0);
  t.same(rig.applied, []);
  t.equal(rig.host.nextDeadline(), Number.POSITIVE_INFINITY);
  rig.host.start();
  t.equal(rig.applied.length, 1);
  t.match(rig.applied[0], { add: [{ port: 80 }], remove: [] });
});

t.test("a change the host refuses stays, is told and shown, and tried again", async (t) => {
  const rig = new Rig();
  rig.host.start();
  rig.refusal = new Error("no room for a rule");
  t.same(rig.command(0), Uint8Array.of(0));
  t.equal(rig.director.services().length, 1);
  t.equal(rig.host.fault, "no room for a rule");
  t.equal(rig.events.at(-1), "no room for a rule");
  rig.refusal = undefined;
  rig.command(3);
  t.equal(rig.host.fault, undefined, "an edit that wants the same packets tries again as well");
  t.match(rig.applied, [{ add: [] }, { add: [{ port: 80 }], remove: [] }]);
});

t.test("a host that refuses from the start is a failure", async (t) => {
  const rig = new Rig();
  rig.refusal = new Error("no room for a rule");
  t.throws(() => rig.host.start(), { message: "no room for a rule" });
});

t.test("close() releases the device once, even when the host refuses to be restored", async (t) => {
  const rig = new Rig();
  rig.host.start();
  rig.events.length = 0;
  rig.refusal = new Error("busy");
  t.throws(() => rig.host.close(), { message: "busy" });
  rig.host.close();
  t.same(rig.events, ["restored", "released"]);
  t.notOk(rig.host.serving);
});

t.test("an inline engine moves all packets there are, then waits for the deadline", async (t) => {
  const rig = new Rig();
  rig.packets = 40;
  let failure: Error | undefined;
  const engine = new InlineEngine(rig.host, rig.clock, (error) => {
    failure = error;
  });
  await engine.start();
  while (rig.packets > 0) await new Promise((resolve) => setImmediate(resolve));
  const turns = () => rig.events.filter((event) => event === "turn").length;
  while (turns() < 41) await new Promise((resolve) => setImmediate(resolve));
  rig.deadline = 0;
  for await (const piece of engine.answer(Uint8Array.of(1))) t.equal(piece.length, 1);
  while (turns() < 42) await new Promise((resolve) => setTimeout(resolve, 1));
  t.equal(failure, undefined);
  await engine.close();
  const seen = turns();
  await new Promise((resolve) => setTimeout(resolve, 5));
  t.equal(turns(), seen, "nothing is moved after the end");
});

t.test("an inline engine moves packets between two pieces of an answer", async (t) => {
  const events: string[] = [];
  const { director, clock } = new Rig();
  const host = new EngineHost({
    deviceName: "test0",
    configuration: director,
    answer: function* (message) {
      for (let piece = 0; piece < 3; piece++) {
        events.push("piece");
        yield message;
      }
    },
    loop: {
      turn: () => {
        events.push("turn");
        return 1;
      },
      flooded: false,
      nextDeadline: () => Number.POSITIVE_INFINITY,
    },
    release: () => undefined,
    log: () => undefined,
  });
  const engine = new InlineEngine(host, clock, (error) => t.fail(error.message));
  await engine.start();
  let pieces = 0;
  for await (const piece of engine.answer(Uint8Array.of(9))) pieces += piece.length;
  await engine.close();
  t.equal(pieces, 3);
  const between = events.slice(events.indexOf("piece"), events.lastIndexOf("piece"));
  t.ok(between.includes("turn"), events.join());
});

t.test("an inline engine tells of a failure on the packet path", async (t) => {
  const rig = new Rig();
  rig.packets = -1;
  const failed = new Promise<Error>((resolve) => {
    const engine = new InlineEngine(rig.host, rig.clock, resolve);
    t.teardown(() => engine.close());
    void engine.start();
  });
  t.match((await failed).message, "a packet too many");
});

t.test("watched() tells of each change that was obeyed, and of no other command", async (t) => {
  const { director } = new Rig();
  let changes = 0;
  const told: (ServiceId | undefined)[] = [];
  const administration = watched(director, (service) => {
    changes++;
    told.push(service);
  });
  administration.addService(SERVICE, CONFIG);
  t.equal(changes, 1);
  t.throws(() => administration.addService(SERVICE, CONFIG), { code: "EEXIST" });
  administration.zero();
  administration.services();
  administration.setTimeouts({ tcp: 0, tcpFin: 0, udp: 0 });
  t.equal(changes, 1);
  const server = { address: parseAddress("10.0.0.2"), port: 80 };
  const config = {
    method: "masquerade",
    weight: 1,
    upperThreshold: 0,
    lowerThreshold: 0,
    tunnelType: 0,
    tunnelPort: 0,
    tunnelFlags: 0,
  } as const;
  administration.addDestination(SERVICE, server, config);
  administration.editDestination(SERVICE, server, { ...config, weight: 2 });
  administration.editService(SERVICE, CONFIG);
  administration.deleteDestination(SERVICE, server);
  administration.deleteService(SERVICE);
  administration.flush();
  t.equal(changes, 7);
  t.same(told, [...Array(6).fill(SERVICE), undefined]);
});
