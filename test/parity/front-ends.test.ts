import { join } from "node:path";
import t from "tap";
import { ROOT } from "../support/files.ts";
import { FRONT_ENDS, noKernel, sameWords, sharedBed } from "./support.ts";

const skip = noKernel;
const UIPVS = join(ROOT, "bin", "uipvs.js");
const UIPVSADM = join(ROOT, "bin", "uipvsadm.js");

/** Commands of every kind that changes the table, each accepted. */
const CHANGES = `-A -t 10.0.0.100:80 -s rr
-A -t 10.0.0.100:443 -s wlc -p 300 -M 255.255.255.0
-A -u 10.0.0.101:53 -s sh -o -b sh-port
-A -t [2001:db8:c::100]:80 -s mh -b mh-fallback,mh-port
-A -f 7 -s fo
-A -f 8 -6 -s nq
-A --sctp-service 10.0.0.102:5000 -s sed
-A -u 10.0.0.103:5060 -s rr -p --pe sip
-A -t 10.0.0.100:8080
-a -t 10.0.0.100:80 -r 192.168.10.11:8080 -m -w 3
-a -t 10.0.0.100:80 -r 192.168.10.12 -g -x 100 -y 50
-a -t 10.0.0.100:80 -r 192.168.10.13 -i --tun-type gue --tun-port 6080 --tun-nocsum
-a -t 10.0.0.100:80 -r [2001:db8:d::14]:80 -i
-a -t 10.0.0.100:443 -r 192.168.10.11 -m -w 0
-a -t 10.0.0.100:443 -r 10.0.0.1:443 -m
-a -t [2001:db8:c::100]:80 -r [2001:db8:d::11]:8080 -m -w 65535
-a -f 7 -r 192.168.10.15 -i --tun-type gre --tun-csum
-E -t 10.0.0.100:8080 -s lblcr
-E -t 10.0.0.100:443 -s wrr -p 600
-e -t 10.0.0.100:80 -r 192.168.10.11:8080 -m -w 9 -x 10
-d -t 10.0.0.100:443 -r 10.0.0.1:443
-D -u 10.0.0.101:53
-Z -t 10.0.0.100:80
--set 120 30 60
`;

const LISTINGS = [
  "-L -n",
  "-L",
  "-L -n --nosort",
  "-L -n --stats",
  "-L -n --rate --exact",
  "-L -n --thresholds",
  "-L -n --persistent-conn",
  "-L -n --tun-info",
  "-L -n -t 10.0.0.100:80",
  "-L -n -f 7",
  "-L -n -c",
  "-L --timeout",
  "-L --daemon",
  "-S -n",
  "-S",
];

for (const [index, writer] of FRONT_ENDS.entries()) {
  const reader = FRONT_ENDS[1 - index]!;
  t.test(`what ${writer} sets, ${reader} lists, byte for byte as itself`, { skip }, async (t) => {
    const bed = await sharedBed();
    await bed.reset();
    const written = await bed.command(["-R"], { frontEnd: writer, input: CHANGES });
    t.same(written, { status: 0, stdout: "", stderr: "" });
    const said = await sameWords(t, bed, LISTINGS);
    t.match(said[0]?.stdout, /\n {2}-> 192\.168\.10\.11:8080 +Masq +9 +0 +0/);
    t.equal(said[0]?.stdout.split("\n").length, 19);
    t.ok(said.every(({ status }) => status === 0));
  });

  t.test(`what ${writer} saves, ${reader} restores`, { skip }, async (t) => {
    const bed = await sharedBed();
    await bed.reset();
    await bed.command(["-R"], { frontEnd: writer, input: CHANGES });
    const saved = await bed.command(["-S", "-n"], { frontEnd: writer });
    t.ok(saved.stdout.split("\n").length > 15);
    await bed.command(["-C"], { frontEnd: reader });
    t.equal((await bed.command(["-S", "-n"], { frontEnd: writer })).stdout, "");
    const input = saved.stdout;
    t.match(await bed.command(["-R"], { frontEnd: reader, input }), { status: 0, stderr: "" });
    t.equal((await bed.command(["-S", "-n"], { frontEnd: reader })).stdout, input);
  });
}

t.test("what the kernel refuses, both tell in the same words and status", { skip }, async (t) => {
  const bed = await sharedBed();
  await bed.reset();
  await bed.command(["-R"], { input: CHANGES });
  const said = await sameWords(t, bed, [
    "-A -t 10.0.0.100:80 -s rr",
    "-A -t 10.0.0.99:80 -s twos",
    "-A -t 10.0.0.99:80 -s rr --pe none",
    "-E -t 10.0.0.99:80 -s rr",
    "-D -t 10.0.0.99:80",
    "-L -n -t 10.0.0.99:80",
    "-Z -f 99",
    "-a -t 10.0.0.100:80 -r 192.168.10.12 -g",
    "-a -t 10.0.0.100:80 -r 224.0.0.1 -g",
    "-e -t 10.0.0.100:80 -r 192.168.10.99 -g",
    "-d -t 10.0.0.100:80 -r 192.168.10.99",
    "--stop-daemon master",
    "--start-daemon master --mcast-interface nosuch0",
  ]);
  t.ok(said.every(({ status, stderr }) => status !== 0 && stderr !== ""));
});

t.test("daemons one starts, the other sees and stops", { skip }, async (t) => {
  const bed = await sharedBed();
  await bed.reset();
  const master = "--start-daemon master --mcast-interface c0 --syncid 7 --mcast-ttl 3";
  const backup =
    "--start-daemon backup --mcast-interface r0 --mcast-group 224.1.2.3 --mcast-port 9";
  t.match(await bed.command(master.split(" ")), { status: 0 });
  t.match(await bed.command(backup.split(" "), { frontEnd: "ipvsadm" }), { status: 0 });
  const [listed] = await sameWords(t, bed, ["-L --daemon"]);
  t.match(listed?.stdout, /^master sync daemon \(mcast=c0, syncid=7,.*\nbackup sync daemon/);
  t.match(await bed.command(["--stop-daemon", "backup"]), { status: 0 });
  const theirs = await bed.command(["--stop-daemon", "master"], { frontEnd: "ipvsadm" });
  t.match(theirs, { status: 0 });
  t.equal((await sameWords(t, bed, ["-L --daemon"]))[0]?.stdout, "");
});

t.test("a table of a thousand servers comes whole", { skip }, async (t) => {
  const bed = await sharedBed();
  await bed.reset();
  const servers = Array.from(
    { length: 1000 },
    (_, index) => `-a -t 10.0.0.100:80 -r 192.168.${20 + (index >> 7)}.${index & 127}:80 -m`,
  );
  const services = Array.from({ length: 300 }, (_, index) => `-A -f ${index + 1} -s rr`);
  const input = ["-A -t 10.0.0.100:80 -s rr", ...servers, ...services, ""].join("\n");
  t.same(await bed.command(["-R"], { input }), { status: 0, stdout: "", stderr: "" });
  const [saved] = await sameWords(t, bed, ["-S -n"]);
  t.equal(saved?.stdout.split("\n").length, 1302);
});

t.test("apply and diff bring the kernel's table to a file", { skip }, async (t) => {
  const bed = await sharedBed();
  await bed.reset();
  const uipvs = (words: string, input: string) =>
    bed.run([process.execPath, UIPVS, ...words.split(" ")], input);
  await bed.command(["-A", "-f", "9", "-s", "rr"], { frontEnd: "ipvsadm" });
  const rules = "-A -t 10.0.0.100:80 -s rr\n-a -t 10.0.0.100:80 -r 192.168.10.11:80 -m -w 1\n";
  const asAdded = rules.replaceAll(/^/gm, "+ ").slice(0, -2);
  t.same(await uipvs("diff - --backend kernel", rules), {
    status: 1,
    stdout: `${asAdded}- -D -f 9\n`,
    stderr: "",
  });
  t.same(await uipvs("apply - --prune --backend kernel", rules), {
    status: 0,
    stdout: "",
    stderr: "",
  });
  t.equal((await bed.command(["-S", "-n"], { frontEnd: "ipvsadm" })).stdout, rules);
});

t.test("who lacks the privilege learns which it is, and gets status 2", { skip }, async (t) => {
  const bed = await sharedBed();
  const words = ["-L", "--backend", "kernel"];
  const bare = ["setpriv", "--bounding-set=-all", "--inh-caps=-all", process.execPath];
  const said = await bed.run([...bare, UIPVSADM, ...words]);
  t.match(said, {
    status: 2,
    stdout: "",
    stderr: /^Can't initialize ipvs: Permission denied \(you must be root\)\n.*CAP_NET_ADMIN/,
  });
});
