import fc from "fast-check";
import t from "tap";
import { ServiceTable } from "../../src/engine/service-table.ts";
import { serviceConfig, serviceId } from "../../src/engine/shorthand.ts";
import { StatsTable } from "../../src/engine/stats.ts";
import { VirtualService } from "../../src/engine/virtual-service.ts";
import { parseAddress } from "../../src/net/address.ts";
import type { ServiceId } from "../../src/wire/ipvs-objects.ts";

const TCP = 6;
const UDP = 17;

function made(id: ServiceId): VirtualService {
  return new VirtualService(id, serviceConfig(), new StatsTable().add());
}

function filled(...ids: readonly ServiceId[]): ServiceTable {
  const table = new ServiceTable();
  for (const id of ids) table.add(made(id));
  return table;
}

t.test(
  "a mark wins over a tuple, a tuple over FTP, FTP over a service for every port",
  async (t) => {
    const ids = {
      mark: serviceId("mark", 7),
      web: serviceId("tcp", "192.0.2.1:8080"),
      ftp: serviceId("tcp", "192.0.2.1:21"),
      any: serviceId("tcp", "192.0.2.1:0"),
    };
    const table = filled(...Object.values(ids));
    const address = parseAddress("192.0.2.1").words;
    const found = (mark: number, port: number, protocol = TCP) =>
      table.lookup(4, mark, protocol, address, port)?.id;
    t.equal(found(7, 8080), ids.mark);
    t.equal(found(8, 8080), ids.web, "an unknown mark is no mark");
    t.equal(found(0, 8080), ids.web);
    t.equal(found(0, 20), ids.ftp);
    t.equal(found(0, 1024), ids.ftp);
    t.equal(found(0, 1023), ids.any);
    t.equal(found(0, 80, UDP), undefined);
  },
);

t.test("ports from 1024 on go to no FTP service where there is none", async (t) => {
  const table = filled(serviceId("tcp", "192.0.2.1:0"));
  t.equal(table.lookup(4, 0, TCP, parseAddress("192.0.2.1").words, 5000)?.id.port, 0);
  t.equal(table.lookup(4, 0, TCP, parseAddress("192.0.2.2").words, 5000), undefined);
});

t.test("find() is exact", async (t) => {
  const table = filled(serviceId("tcp", "192.0.2.1:0"), serviceId("mark", 3));
  t.equal(table.find(serviceId("tcp", "192.0.2.1:80")), undefined);
  t.equal(table.find({ ...serviceId("mark", 3), family: 6 }), undefined);
  t.ok(table.find(serviceId("mark", 3)));
});

t.test(
  "listed() puts services by address before those by mark, newest first in a bucket",
  async (t) => {
    // 10.0.0.1 and 10.1.0.1 share a bucket: the kernel's hash has the low byte of the address decide.
    const ids = [
      serviceId("mark", 1),
      serviceId("tcp", "10.0.0.1:80"),
      serviceId("tcp", "10.1.0.1:80"),
    ];
    t.same(
      filled(...ids)
        .listed()
        .map(({ id }) => id),
      [ids[2], ids[1], ids[0]],
    );
  },
);

t.test("whatever comes and goes, the table knows exactly what is there", async () => {
  const anyId = fc.oneof(
    fc.nat(400).map((number) => serviceId("tcp", `10.0.${number >>> 4}.1:${number & 15}`)),
    fc.nat(400).map((number) => serviceId("udp", `[2001:db8::${number.toString(16)}]:53`)),
    fc.integer({ min: 1, max: 400 }).map((number) => serviceId("mark", number)),
  );
  const key = (id: ServiceId) => JSON.stringify([id, [...id.address.words]]);
  fc.assert(
    fc.property(fc.array(anyId, { maxLength: 1500 }), (ids) => {
      const table = new ServiceTable();
      const known = new Map<string, VirtualService>();
      for (const id of ids) {
        const service = known.get(key(id));
        if (service === undefined) {
          const added = made(id);
          table.add(added);
          known.set(key(id), added);
        } else {
          table.remove(service);
          known.delete(key(id));
        }
      }
      const left = [...known.values()];
      return (
        table.size === left.length &&
        table.listed().length === left.length &&
        left.every((service) => table.find(service.id) === service) &&
        ids.every((id) => {
          const expected = left.some(
            (service) =>
              id.fwmark === 0 &&
              service.id.fwmark === 0 &&
              service.id.family === id.family &&
              key(service.id).endsWith(`${JSON.stringify([...id.address.words])}]`),
          );
          return id.fwmark !== 0 || table.hasAddress(id.family, id.address.words) === expected;
        })
      );
    }),
    { numRuns: 20 },
  );
});
