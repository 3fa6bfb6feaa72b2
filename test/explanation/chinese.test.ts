/**
 * Explanations in Chinese say what those in English say.
 */
import t from "tap";
import { StaticHost } from "../../dataplane/static-host.ts";
import { schedulers } from "../../schedulers/index.ts";
import { ManualClock } from "../../src/base/clock.ts";
import { SeededRandom } from "../../src/base/random.ts";
import { Director } from "../../src/engine/director.ts";
import { packetOf } from "../../src/engine/explain/question.ts";
import { destinationConfig, serviceConfig } from "../../src/engine/shorthand.ts";
import { CHINESE_EXPLANATION, ENGLISH_EXPLANATION } from "../../src/explanation/index.ts";
import { ipv4Address } from "../../src/net/address.ts";
import { TCP } from "../../src/net/protocol.ts";

const VIRTUAL = { address: ipv4Address(0x0a090909), port: 80 };
const SERVERS = [0x0a010002, 0x0a020002, 0x0a030002].map((words) => ({
  address: ipv4Address(words),
  port: 8080,
}));
const HAN = /\p{sc=Han}/u;

/** Returns what a director with a service of three servers says of a new connection. */
function explanationOf(scheduler: string) {
  const host = new StaticHost({ addresses: [VIRTUAL.address] });
  const director = new Director({
    schedulers,
    clock: new ManualClock(0),
    host,
    random: new SeededRandom(1),
  });
  const id = { family: 4, protocol: TCP, ...VIRTUAL, fwmark: 0 } as const;
  director.addService(id, serviceConfig({ scheduler }));
  for (const [index, server] of SERVERS.entries()) {
    director.addDestination(id, server, destinationConfig({ method: "masquerade", weight: index }));
  }
  const client = { address: ipv4Address(0xcb007107), port: 40000 };
  return director.explain(packetOf({ protocol: TCP, client, service: VIRTUAL }))!;
}

t.test("a decision of each scheduler is told in Chinese, with the same addresses", async (t) => {
  for (const scheduler of schedulers.keys()) {
    const { steps, packet } = explanationOf(scheduler);
    const figures = steps.flatMap((step) =>
      step.step === "scheduler"
        ? [step.figures, ...step.candidates.map((candidate) => candidate.figures)]
        : [],
    );
    for (const name of figures.flatMap(Object.keys)) {
      t.match(CHINESE_EXPLANATION.figureName(name), HAN, `${scheduler}: ${name}`);
    }
    for (const step of steps) {
      const [chinese, english] = [CHINESE_EXPLANATION.step(step), ENGLISH_EXPLANATION.step(step)];
      t.equal(chinese.length, english.length, `${scheduler}: ${step.step}`);
      for (const [index, line] of chinese.entries()) {
        t.match(line, HAN);
        const addresses = (text: string) => text.match(/\d+\.\d+\.\d+\.\d+(:\d+)?/g);
        t.same(addresses(line), addresses(english[index]!));
      }
    }
    t.match(CHINESE_EXPLANATION.packet(packet), "TCP 203.0.113.7:40000 > 10.9.9.9:80，SYN");
  }
});

t.test("the steps of a new connection read as people write them", async (t) => {
  const { steps, outcome } = explanationOf("wrr");
  t.strictSame(steps.map(CHINESE_EXPLANATION.step), [
    ["连接", "不属于任何连接"],
    ["开始", "它可以开始一个连接"],
    ["服务", "TCP 10.9.9.9:80，wrr，3 台真实服务器", "按地址和端口（TCP 10.9.9.9:80）：找到"],
    [
      "调度",
      "wrr：10.3.0.2:8080：下一台权值达到门槛的服务器",
      "游标 0，原门槛 1，门槛 1，最高门槛 2，步长 1",
    ],
    ["转发", "地址伪装（NAT），发往 10.3.0.2:8080，路径可容纳 1500 字节"],
  ]);
  t.equal(
    CHINESE_EXPLANATION.sent(outcome.sent!),
    "203.0.113.7:40000 > 10.3.0.2:8080，TTL 63，40 字节，交给 10.3.0.2",
  );
});

t.test("errors that answer, and what has no words, are told", async (t) => {
  const { answer, figure, figureName } = CHINESE_EXPLANATION;
  t.equal(
    answer({ kind: "too-big", from: "10.9.9.9", to: "203.0.113.7", mtu: 1480 }),
    "ICMP 数据包过大，MTU 1480，10.9.9.9 > 203.0.113.7",
  );
  t.strictSame([figure(undefined), figure(true), figure(3)], ["", "是", "3"]);
  t.equal(figureName("ofAnotherScheduler"), "ofAnotherScheduler");
});
