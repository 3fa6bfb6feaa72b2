import { PassThrough } from "node:stream";
import t, { type Test } from "tap";
import type { Bed, EmittedPacket } from "../../src/parity/bed.ts";
import { RemoteBed, serveBed } from "../../src/parity/bed-protocol.ts";
import { LineChannel } from "../../src/parity/line-channel.ts";

const PACKET: EmittedPacket = {
  port: "r0",
  destinationMac: "02:00:00:00:d0:11",
  etherType: 0x0800,
  bytes: Uint8Array.of(0x45, 0, 255),
};

/** A bed that notes what it is asked. */
class NotingBed implements Bed {
  readonly info = { release: "6.1.0", schedulers: ["rr"], virtualTime: false, ofHost: true };
  readonly asked: unknown[] = [];

  async reset(...given: unknown[]): Promise<void> {
    this.asked.push(["reset", ...given]);
  }

  async command(...given: unknown[]) {
    this.asked.push(["command", ...given]);
    return { status: 255, stdout: "out", stderr: "err" };
  }

  async run(...given: unknown[]) {
    this.asked.push(["run", ...given]);
    return { status: 0, stdout: "", stderr: "" };
  }

  async setting(...given: unknown[]) {
    this.asked.push(["setting", ...given]);
    return { value: "1", error: "EINVAL" };
  }

  async inject(port: string, packet: Uint8Array, options?: unknown) {
    this.asked.push(["inject", port, [...packet], options]);
    if (port === "x9") throw new RangeError('Cannot send to port "x9": there is none');
    return [PACKET];
  }

  async sleep(seconds: number) {
    this.asked.push(["sleep", seconds]);
    return [];
  }

  async statusFile(name: string) {
    return name === "ip_vs" ? "text" : undefined;
  }

  async close() {}
}

async function remote(t: Test, bed: Bed) {
  const toServer = new PassThrough({ encoding: "latin1" });
  const toClient = new PassThrough({ encoding: "latin1" });
  const channel = (from: PassThrough, to: PassThrough, side: string) =>
    new LineChannel({
      input: from as AsyncIterable<string>,
      write: (text) => void to.write(text),
      folder: t.testdirName,
      side,
    });
  const served = serveBed(async () => bed, channel(toServer, toClient, "guest"));
  let closed = 0;
  const close = async (): Promise<void> => {
    closed++;
    toServer.end();
    await served;
  };
  const client = await RemoteBed.connect({ channel: channel(toClient, toServer, "host"), close });
  return { client, closedTimes: () => closed };
}

t.test(
  "every operation reaches the bed as it was asked, and comes back as it answered",
  async (t) => {
    const bed = new NotingBed();
    const { client, closedTimes } = await remote(t, bed);
    t.same(client.info, bed.info);
    await client.reset();
    t.same(await client.command(["-L", "-n"], { frontEnd: "ipvsadm" }), {
      status: 255,
      stdout: "out",
      stderr: "err",
    });
    await client.run(["ip", "link"], "input");
    t.same(await client.setting("net/x"), { value: "1", error: "EINVAL" });
    await client.setting("net/x", "2");
    t.same(await client.inject("c0", Uint8Array.of(1, 254), { mark: 7 }), [PACKET]);
    t.same(await client.sleep(0.5), []);
    t.equal(await client.statusFile("ip_vs"), "text");
    t.equal(await client.statusFile("ip_vs_app"), undefined);
    t.same(bed.asked, [
      ["reset", undefined],
      ["command", ["-L", "-n"], { frontEnd: "ipvsadm" }],
      ["run", ["ip", "link"], "input"],
      ["setting", "net/x", undefined],
      ["setting", "net/x", "2"],
      ["inject", "c0", [1, 254], { mark: 7 }],
      ["sleep", 0.5],
    ]);
    await client.close();
    t.equal(closedTimes(), 1);
  },
);

t.test("an operation that fails is an error of that operation alone", async (t) => {
  const { client } = await remote(t, new NotingBed());
  await t.rejects(client.inject("x9", Uint8Array.of(0x45)), {
    message: 'Cannot send to port "x9": there is none',
  });
  t.equal((await client.inject("c0", Uint8Array.of(0x45))).length, 1);
  await client.close();
});

t.test("operations asked for at once are carried out in their order", async (t) => {
  const bed = new NotingBed();
  const { client } = await remote(t, bed);
  await Promise.all([client.sleep(0), client.setting("a"), client.sleep(1), client.reset()]);
  t.same(
    bed.asked.map((each) => (each as unknown[])[0]),
    ["sleep", "setting", "sleep", "reset"],
  );
  await client.close();
});
