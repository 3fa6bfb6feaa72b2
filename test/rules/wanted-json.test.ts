import t from "tap";
import { WantedError } from "../../src/rules/wanted.ts";
import { wantedOfJson } from "../../src/rules/wanted-json.ts";
import { apply, diff, emptyBackend } from "./support.ts";

const SERVICE = { protocol: "tcp", address: "192.0.2.1", port: 80 };

/** A document with the services, or with other members. */
function document(services: unknown, members: object = {}): string {
  return JSON.stringify({ schema: "uipvs/services/1", services, ...members });
}

t.test("what is left out has ipvsadm's defaults", async (t) => {
  const servers = [{ address: "10.0.0.1", port: 80 }];
  const marked = { fwmark: 7, persistence: { timeout: 60 } };
  const text = document([{ ...SERVICE, servers }, marked, { ...marked, family: 6 }]);
  t.same(await diff(emptyBackend(), ` \n${text}`), [
    "+ -A -t 192.0.2.1:80 -s wlc",
    "+ -a -t 192.0.2.1:80 -r 10.0.0.1:80 -g -w 1",
    "+ -A -f 7 -s wlc -p 60",
    "+ -A -f 7 -6 -s wlc -p 60",
  ]);
});

t.test("a document says whether it is complete, and is unless it says", async (t) => {
  t.equal(wantedOfJson("f", document([])).complete, true);
  t.equal(wantedOfJson("f", document([], { complete: false })).complete, false);
  t.equal(wantedOfJson("f", document([])).timeouts, undefined);
});

t.test("a fault is told with the way to it and what would be right", async (t) => {
  const server = { address: "10.0.0.1", port: 80 };
  const withServer = (more: object) => [{ ...SERVICE, servers: [{ ...server, ...more }] }];
  const cases: readonly [text: string, fault: RegExp][] = [
    ["{", /JSON/],
    [
      '{"schema":"uipvs/services/2","services":[]}',
      /^schema is "uipvs\/services\/2": must be "uip/,
    ],
    ['{"schema":"uipvs/services/1"}', /^services is missing: must be a list$/],
    [document([], { extra: 1 }), /^the document has "extra": must be among schema, /],
    [document([7]), /^services\[0\] is 7: must be an object$/],
    [
      document([{ ...SERVICE, port: 70000 }]),
      /^services\[0\]\.port is 70000: must be a whole .*65535$/,
    ],
    [
      document([{ ...SERVICE, port: "80" }]),
      /^services\[0\]\.port is "80": must be a whole number/,
    ],
    [
      document([{ ...SERVICE, address: "1.2.3" }]),
      /^services\[0\]\.address is "1\.2\.3": must be an IP/,
    ],
    [document([{ ...SERVICE, protocol: "http" }]), /protocol is "http": must be "tcp" or "udp" or/],
    [document([{ ...SERVICE, family: 6 }]), /family is 6: must be 4, as the address is$/],
    [document([{ ...SERVICE, fwmark: 1 }]), /protocol is "tcp": must be null where fwmark is not$/],
    [document([{ fwmark: 0 }]), /fwmark is 0: must be a whole number, 1–4294967295$/],
    [document([SERVICE, SERVICE]), /^services\[1\] is the same as services\[0\]$/],
    [document([{ ...SERVICE, scheduler: "r r" }]), /scheduler is "r r": must be a word/],
    [document([{ ...SERVICE, schedulerFlags: ["sh-port"] }]), /schedulerFlags\[0\] is "sh-port"/],
    [
      document([{ ...SERVICE, persistence: { timeout: 9, prefixLength: 64 } }]),
      /has "prefixLength"/,
    ],
    [document(withServer({ wieght: 2 })), /^services\[0\]\.servers\[0\] has "wieght"/],
    [document(withServer({ weight: -1 })), /servers\[0\]\.weight is -1/],
    [document(withServer({ method: "nat" })), /method is "nat": must be "masquerade" or/],
    [
      document(withServer({ tunnel: { type: "gre" } })),
      /tunnel is .*: must be null with method "d/,
    ],
    [
      document(withServer({ method: "tunnel", tunnel: { type: "gue" } })),
      /tunnel\.port is missing: must be a whole number, 1–65535$/,
    ],
  ];
  for (const [text, fault] of cases) {
    try {
      wantedOfJson("f.json", text);
      t.fail(text);
    } catch (error) {
      t.type(error, WantedError, text);
      const [, said] = /^Cannot read "f\.json" as a JSON document: (.*)$/s.exec(
        (error as Error).message,
      )!;
      t.match(said, fault);
    }
  }
});

t.test("a part of a document that is refused is named by the way to it", async (t) => {
  const servers = [{ address: "10.0.0.1", port: 80, lowerThreshold: 5 }];
  await t.rejects(apply(emptyBackend(), document([{ ...SERVICE, servers }])), {
    message:
      'Cannot apply "f.rules", services[0].servers[0]: ' +
      "Numerical result out of range; nothing was changed",
  });
});
