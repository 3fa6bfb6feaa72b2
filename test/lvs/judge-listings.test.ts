import t from "tap";
import { wrong } from "./support.ts";

/** A service by mark that keeps its clients, and what one exchange leaves in its listings. */
const MARKED = [
  "vip 198.51.100.1",
  "ipvsadm -A -f 7 -s rr -p 300",
  "ipvsadm -a -f 7 -r 172.16.16.2:0 -g",
  "client 203.0.113.7 gets 198.51.100.1:443 mark=7",
  "+3s",
];

t.test("services by mark, templates and counters are found in the listings", async (t) => {
  const holds = [
    "expect 1 template from 203.0.113.7",
    "expect 1 connection FIN_WAIT on 198.51.100.1:443 to 172.16.16.2",
    "expect service 7 has conns 1 inpkts 5 outpkts 0",
    "expect server 172.16.16.2 has weight 1 persistent 1 conns 1 on 7",
  ];
  t.same(await wrong([...MARKED, ...holds]), []);
  t.same(await wrong([...MARKED, "expect service 8 has conns 1"]), [
    "6: expected service 8 has conns 1, but there is no such service",
  ]);
  t.same(await wrong([...MARKED, "expect server 172.16.16.2 has weight 1 on 8"]), [
    "6: expected server 172.16.16.2 has weight 1 on 8, but there is no such server",
  ]);
  t.same(await wrong([...MARKED, "expect service 7 has conns 2 outpkts 1"]), [
    "6: expected service 7 has conns 2 outpkts 1, but conns is 1, outpkts is 0",
  ]);
});

t.test("entries of IPv6 are chosen by prefix, server and service", async (t) => {
  const lines = [
    "ipvsadm -A -t [2001:db8:c::100]:80 -s rr",
    "ipvsadm -a -t [2001:db8:c::100]:80 -r [2001:db8:d::11]:80 -m",
    "client 2001:db8:1::7 gets [2001:db8:c::100]:80",
    "clients 2001:db8:2::/64 get [2001:db8:c::100]:80 x3",
    "expect forwarded to 2001:db8:d::11",
  ];
  t.same(
    await wrong([
      ...lines,
      "expect 1 connection from [2001:db8:1::7]:32768",
      "expect 1 connection from 2001:db8:1::/48 to [2001:db8:d::11]:80 on [2001:db8:c::100]:80",
      "expect 3 connections TIME_WAIT from 2001:db8:2::/64",
      "expect no connections from 203.0.113.0/24",
      "expect no connections to [2001:db8:d::11]:81",
    ]),
    [],
  );
});
