import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import t from "tap";
import { HostDevice } from "../../dataplane/host-device.ts";
import { cleanUp, Interception } from "../../dataplane/interception.ts";
import { RawIpDevice } from "../../dataplane/raw-ip.ts";
import { TunDevice } from "../../dataplane/tun.ts";
import { hostState, inNamespace, ip, runInNamespace } from "../support/namespace.ts";
import { type SelectorText, selector } from "../support/selectors.ts";

const WEB: SelectorText = { direction: "request", protocol: 6, address: "10.9.9.9", port: 80 };
const DNS: SelectorText = { direction: "request", protocol: 17, address: "10.9.9.9", port: 53 };
const REPLY: SelectorText = { direction: "reply", protocol: 6, address: "10.2.0.2", port: 8080 };
const MARKED: SelectorText = { direction: "request", fwmark: 0x2a };
const ERROR: SelectorText = { direction: "error", protocol: 1 };
const WEB6: SelectorText = { direction: "request", protocol: 6, address: "2001:db8::9", port: 80 };

const folder = t.testdir({});
const statePath = join(folder, "host-settings.json");
const program = fileURLToPath(new URL("../support/intercepting-process.js", import.meta.url));

interface Director {
  readonly interception: Interception;
  readonly log: readonly string[];
  close(): void;
}

function openDirector(): Director {
  const log: string[] = [];
  const output = new RawIpDevice({ route: () => undefined });
  const device = HostDevice.open({ name: "uipvs0", output });
  const interception = Interception.open({
    deviceFor: (mark) => device.captureDevice(mark),
    statePath,
    log: (line) => log.push(line),
  });
  return {
    interception,
    log,
    close: () => {
      interception.close();
      device.close();
    },
  };
}

function startProcess(selectors: readonly SelectorText[], changes?: number): ChildProcess {
  const words = [program, statePath, JSON.stringify(selectors)];
  if (changes !== undefined) words.push(String(changes));
  return spawn(process.execPath, words, { stdio: ["ignore", "pipe", "inherit"] });
}

/** Rules of ours and local ones, without white space to compare. */
function rules(family = ""): readonly string[] {
  return ip(`${family}rule`)
    .trim()
    .split("\n")
    .map((line) => line.trim().replaceAll(/\s+/g, " "));
}

if (!inNamespace()) runInNamespace(t, import.meta.url);
else {
  ip("link set lo up");
  ip("link add outside type veth peer name inside");
  ip("address add 10.1.0.1/24 dev outside");
  ip("link set outside up");
  writeFileSync("/proc/sys/net/ipv4/conf/all/accept_redirects", "0");
  const before = hostState();

  t.test("apply() puts the rules in front of the local ones", (t) => {
    const director = openDirector();
    const selectors = [WEB, REPLY, ERROR].map(selector);
    director.interception.apply({ add: selectors, remove: [] });
    t.strictSame(rules(), [
      "1: from all iif uipvs0 goto 12 proto 176",
      "4: from all to 10.9.9.9 ipproto tcp dport 80 lookup 7070 proto 176",
      "4: from 10.2.0.2 ipproto tcp sport 8080 lookup 7070 proto 176",
      "5: from all ipproto tcp dport 1-65534 goto 12 proto 176",
      "6: from all to 10.9.9.9 ipproto tcp lookup 7070 proto 176",
      "6: from 10.2.0.2 ipproto tcp lookup 7070 proto 176",
      "12: from all lookup local proto 176",
      "13: from all iif lo goto 15 proto 176",
      "13: from all iif uipvs0 goto 15 proto 176",
      "14: from all ipproto icmp lookup 7070 proto 176",
      "15: from all nop proto 176",
      "32766: from all lookup main",
      "32767: from all lookup default",
    ]);
    t.match(ip("route show table 7070"), /^default dev uipvs0 proto 176 scope link/);
    t.match(ip("route get 10.9.9.9 ipproto tcp dport 80"), "dev uipvs0");
    t.strictSame(rules("-6 ")[0], "0: from all lookup local", "IPv6 is not touched");
    t.match(director.log, [
      "ip rule add pref 15 nop protocol 176",
      "ip rule add pref 13 iif lo goto 15 protocol 176",
      "ip rule add pref 12 lookup local protocol 176",
      "ip rule del pref 0 lookup local protocol kernel",
      "sysctl -w net/ipv4/ip_early_demux=0",
      "sysctl -w net/ipv4/ip_forward=1",
      "ip rule add pref 1 iif uipvs0 goto 12 protocol 176",
      "ip rule add pref 13 iif uipvs0 goto 15 protocol 176",
      "ip route add default dev uipvs0 table 7070 protocol 176",
      "ip rule add pref 4 to 10.9.9.9 ipproto tcp dport 80 lookup 7070 protocol 176",
      "ip rule add pref 5 ipproto tcp dport 1-65534 goto 12 protocol 176",
      "ip rule add pref 6 to 10.9.9.9 ipproto tcp lookup 7070 protocol 176",
      "ip rule add pref 4 from 10.2.0.2 ipproto tcp sport 8080 lookup 7070 protocol 176",
      "ip rule add pref 6 from 10.2.0.2 ipproto tcp lookup 7070 protocol 176",
      "ip rule add pref 14 ipproto icmp lookup 7070 protocol 176",
    ]);
    director.close();
    t.equal(hostState(), before);
    t.notOk(existsSync(statePath));
    t.end();
  });

  t.test("apply() changes only what differs", (t) => {
    const director = openDirector();
    director.interception.apply({ add: [selector(WEB), selector(DNS), selector(WEB)], remove: [] });
    const done = director.log.length;
    director.interception.apply({ add: [selector(DNS), selector(REPLY)], remove: [selector(WEB)] });
    t.strictSame(director.log.slice(done), [
      "ip rule add pref 4 from 10.2.0.2 ipproto tcp sport 8080 lookup 7070 protocol 176",
      "ip rule add pref 6 from 10.2.0.2 ipproto tcp lookup 7070 protocol 176",
      "ip rule del pref 4 to 10.9.9.9 ipproto tcp dport 80 lookup 7070 protocol 176",
      "ip rule del pref 6 to 10.9.9.9 ipproto tcp lookup 7070 protocol 176",
    ]);
    director.interception.apply({ add: [selector(REPLY), selector(DNS)], remove: [selector(WEB)] });
    t.equal(director.log.length, done + 4);
    director.close();
    t.equal(hostState(), before);
    t.end();
  });

  t.test("apply() has one rule for all ports of an address that has many", (t) => {
    const director = openDirector();
    const ports = [80, 81, 82, 83, 84];
    const all = ports.map((port) => selector({ ...WEB, port }));
    director.interception.apply({ add: all, remove: [] });
    t.match(rules(), [
      /^1: /,
      "4: from all to 10.9.9.9 ipproto tcp lookup 7070 proto 176",
      /^12: /,
    ]);
    director.interception.apply({ add: [], remove: all.slice(0, 1) });
    t.strictSame(
      rules().filter((rule) => rule.startsWith("4:")),
      ports
        .slice(1)
        .map((port) => `4: from all to 10.9.9.9 ipproto tcp dport ${port} lookup 7070 proto 176`),
    );
    director.close();
    t.equal(hostState(), before);
    t.end();
  });

  t.test("apply() gives each firewall mark a device, and IPv6 rules of its own", (t) => {
    const director = openDirector();
    director.interception.apply({ add: [selector(MARKED), selector(WEB6)], remove: [] });
    t.match(rules(), [
      "1: from all iif uipvs0m2a goto 12 proto 176",
      "2: from all fwmark 0x2a lookup 7071 proto 176",
      "12: from all lookup local proto 176",
    ]);
    t.match(ip("route get 192.0.2.1 mark 42"), "dev uipvs0m2a");
    t.match(rules("-6 "), [
      "1: from all iif uipvs0 goto 12 proto 176",
      "4: from all to 2001:db8::9 ipproto tcp dport 80 lookup 7070 proto 176",
      "5: from all ipproto tcp dport 1-65534 goto 12 proto 176",
      "6: from all to 2001:db8::9 ipproto tcp lookup 7070 proto 176",
      "12: from all lookup local proto 176",
    ]);
    t.match(ip("-6 route get 2001:db8::9 ipproto tcp dport 80"), "dev uipvs0");
    director.close();
    t.equal(hostState(), before);
    t.end();
  });

  t.test("apply() that is refused leaves the earlier set in force", (t) => {
    const director = openDirector();
    director.interception.apply({ add: [selector(WEB)], remove: [] });
    const earlier = hostState();
    const replacement = { add: [selector(REPLY), selector(DNS)], remove: [selector(WEB)] };
    // A rule somebody else made makes the kernel refuse ours.
    ip("rule add pref 4 to 10.9.9.9 ipproto udp dport 53 lookup 7070 protocol 176");
    t.throws(() => director.interception.apply(replacement), {
      code: "EEXIST",
      message:
        /^Cannot add the policy rule "ip rule add pref 4 to 10.9.9.9 ipproto udp dport 53 lookup 7070 protocol 176": /,
    });
    ip("rule del pref 4 to 10.9.9.9 ipproto udp dport 53");
    t.equal(hostState(), earlier);
    director.interception.apply(replacement);
    t.match(rules(), [
      /^1: /,
      "4: from 10.2.0.2 ipproto tcp sport 8080 lookup 7070 proto 176",
      "4: from all to 10.9.9.9 ipproto udp dport 53 lookup 7070 proto 176",
      /^5: /,
    ]);
    director.close();
    t.equal(hostState(), before);
    t.end();
  });

  t.test(
    "apply() refuses to go before rules of the host, which local addresses went before",
    (t) => {
      ip("rule add pref 5 from 192.0.2.1 lookup main");
      const host = hostState();
      const director = openDirector();
      t.throws(() => director.interception.apply({ add: [selector(WEB)], remove: [] }), {
        message:
          'Cannot intercept packets: policy rules 1–15 must be free, the host has "ip rule add pref 5 from 192.0.2.1 lookup main"',
      });
      director.close();
      t.equal(hostState(), host);
      ip("rule del pref 5");
      t.end();
    },
  );

  t.test("apply() leaves a local rule alone that has been moved already", (t) => {
    ip("rule add pref 100 lookup local");
    ip("rule del pref 0");
    const host = hostState();
    const director = openDirector();
    director.interception.apply({ add: [selector(WEB)], remove: [] });
    t.match(rules(), [
      "1: from all iif uipvs0 goto 12 proto 176",
      "4: from all to 10.9.9.9 ipproto tcp dport 80 lookup 7070 proto 176",
      "5: from all ipproto tcp dport 1-65534 goto 12 proto 176",
      "6: from all to 10.9.9.9 ipproto tcp lookup 7070 proto 176",
      "12: from all nop proto 176",
      "13: from all iif lo goto 15 proto 176",
      "13: from all ipproto icmp lookup local proto 176",
      "13: from all iif uipvs0 goto 15 proto 176",
      "15: from all nop proto 176",
      "100: from all lookup local",
    ]);
    director.close();
    t.equal(hostState(), host);
    ip("rule add pref 0 lookup local protocol kernel");
    ip("rule del pref 100");
    t.end();
  });

  t.test("open() refuses to work beside another director", (t) => {
    const director = openDirector();
    director.interception.apply({ add: [selector(WEB)], remove: [] });
    const other = TunDevice.open("other0");
    const deviceFor = () => other;
    t.throws(() => Interception.open({ deviceFor, statePath }), {
      message: 'Cannot intercept packets with "other0": another director does so with "uipvs0"',
    });
    other.close();
    director.close();
    t.equal(hostState(), before);
    t.end();
  });

  t.test("cleanUp() undoes what a killed process has left", async (t) => {
    const child = startProcess([WEB, REPLY, MARKED, WEB6, ERROR]);
    await once(child.stdout!, "data");
    t.not(hostState(), before);
    child.kill("SIGKILL");
    await once(child, "exit");
    t.match(ip("route get 10.1.0.1"), "local", "the host finds itself without the director");
    const commands = cleanUp({ statePath });
    t.ok(commands.includes("ip rule add pref 0 lookup local protocol kernel"));
    t.ok(commands.includes("sysctl -w net/ipv4/ip_forward=0"));
    t.equal(hostState(), before);
    t.strictSame(cleanUp({ statePath }), []);
  });

  t.test(
    "cleanUp() undoes whatever step a process was killed in, and open() does so too",
    async (t) => {
      for (let changes = 1; changes < 60; changes++) {
        const child = startProcess([WEB, WEB6, ERROR], changes);
        const ready = await Promise.race([
          once(child.stdout!, "data").then(() => true),
          once(child, "exit").then(() => false),
        ]);
        if (ready) {
          t.ok(changes > 12, `${changes} steps`);
          child.kill("SIGKILL");
          await once(child, "exit");
          break;
        }
        for (const family of ["", "-6 "]) {
          t.ok(
            rules(family).some((rule) => rule.includes("lookup local")),
            `step ${changes}`,
          );
        }
        if (changes % 2 === 0) openDirector().close();
        else cleanUp({ statePath });
        t.equal(hostState(), before, `step ${changes}`);
      }
      cleanUp({ statePath });
      t.equal(hostState(), before);
    },
  );
}
