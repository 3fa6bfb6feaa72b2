import t from "tap";
import { formatStatus } from "../../src/cli/format-status.ts";

const STATUS = {
  pid: 42,
  uptime: 3725,
  socket: "/run/uipvs/control.sock",
  device: "uipvs0",
  deviceKind: "tun",
  profile: "6.1.192",
  variables: [
    { name: "drop_entry", value: "1" },
    { name: "sync_threshold", value: "5\t50" },
  ],
  services: 2,
  destinations: 5,
  connections: 17,
  packets: { accept: 3, drop: 12, forward: 4000 },
  accepts: { icmp: 1, "no-service": 2 },
  drops: { malformed: 0, "no-route": 2, "no-destination": 10 },
  synchronisation: {},
};

t.test("a status is one line a subject, counts by size, those of 0 left out", async (t) => {
  t.equal(
    formatStatus(STATUS),
    [
      "Director:     process 42, up for 1 h 2 min",
      "Socket:       /run/uipvs/control.sock",
      "Device:       uipvs0 (tun)",
      "Profile:      6.1.192",
      "Variables:    drop_entry 1, sync_threshold 5 50",
      "Services:     2",
      "Destinations: 5",
      "Connections:  17",
      "Packets:      forward 4000, drop 12, accept 3",
      "Accepted:     no-service 2, icmp 1",
      "Drops:        no-destination 10, no-route 2",
    ].join("\n"),
  );
});

t.test("a fault has a line of its own", async (t) => {
  const text = formatStatus({ ...STATUS, variables: [], drops: {}, fault: "no room for a rule" });
  t.match(text, /\nVariables: +as in the beginning\n/);
  t.match(text, /\nDrops: +none\nFault: +no room for a rule$/);
});
