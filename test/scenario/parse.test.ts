import t from "tap";
import { parseScenario } from "../../src/scenario/parse.ts";
import { ScenarioError } from "../../src/scenario/scenario-error.ts";

/** A line that is wrong, the column it is wrong at, and words of the message. */
const WRONG: readonly (readonly [line: string, column: number, ...words: string[]])[] = [
  ["bogus line", 1, "a line that starts with one of topo, ipvsadm", 'found "bogus"'],
  ["  bogus", 3, 'found "bogus"'],
  ["topo", 5, "the name of a topology", "the line ends"],
  ["topo std again", 10, "the end of the line", 'found "again"'],
  ["tcp 10.1.2.3 10.0.0.100:80 S", 5, "ADDRESS:PORT", 'found "10.1.2.3"'],
  ["tcp 10.1.2.3:1 10.0.0.100:70000 S", 16, "ADDRESS:PORT"],
  ["tcp 10.1.2.3:1 [2001:db8::1]:80 S", 16, "an IPv4 address like the one before"],
  ["tcp 10.1.2.3:1 10.0.0.100:80", 29, "TCP flags", "the line ends"],
  ["tcp 10.1.2.3:1 10.0.0.100:80 SYN", 30, "TCP flags", 'found "SYN"'],
  ["tcp 10.1.2.3:1 10.0.0.100:80 S vtag=1", 32, "one of dev= ttl=", 'found "vtag=1"'],
  ["tcp 10.1.2.3:1 10.0.0.100:80 S ttl=256", 36, "a number, 0–255", 'found "256"'],
  ["tcp 10.1.2.3:1 10.0.0.100:80 S seq=1 seq=2", 38, "seq= only once"],
  ["tcp 10.1.2.3:1 10.0.0.100:80 S len=1 data=x", 38, "only one of data=, hex= and len="],
  ["udp 10.1.2.3:1 10.0.0.100:80 hex=123", 34, "an even number of hexadecimal digits"],
  ["udp 10.1.2.3:1 10.0.0.100:80 csum=xyz", 35, "a checksum", 'found "xyz"'],
  ["sctp 10.1.2.3:1 10.0.0.100:80 INIT,NONE", 31, "SCTP chunks", 'found "INIT,NONE"'],
  ["icmp 10.1.2.3 2001:db8::1 8 0", 15, "an address, IPv6 in brackets"],
  ["icmp 10.1.2.3 10.0.0.100 3 1 inner=rx:1", 36, "rx:-1", 'found "rx:1"'],
  ["ip 10.1.2.3 10.0.0.100 300", 24, "a protocol number"],
  ["reply nobody", 7, "TCP flags", "SCTP chunks"],
  ["l3 c0 456", 7, "bytes in hexadecimal"],
  ["sleep soon", 7, "a time in seconds", 'found "soon"'],
  ["recv 1.5", 6, "a time in milliseconds"],
  ["brief perhaps", 7, "on or off"],
  ["ipvsadm -A 'open", 12, "another ' further on"],
];

t.test("parseScenario() says where a line is wrong, what was expected and what came", async (t) => {
  for (const [line, column, ...words] of WRONG) {
    try {
      parseScenario("a.scn", `topo std\n\n${line}\n`);
      t.fail(`accepted ${line}`);
    } catch (error) {
      if (!(error instanceof ScenarioError)) throw error;
      t.same(error.place, { file: "a.scn", line: 3, column }, line);
      for (const word of words) t.match(error.message, word);
    }
  }
});

t.test("parseScenario() reads words as a person groups them", async (t) => {
  const { statements, lineCount } = parseScenario(
    "a.scn",
    "# nothing\n\nipvsadm -A -t \"10.0.0.100\":80 'a  b' \"c'd\"\n  note  'as' it  is \nsh echo  'x' | cat\n\n",
  );
  t.equal(lineCount, 6);
  t.match(statements, [
    { kind: "command", program: "ipvsadm", args: ["-A", "-t", "10.0.0.100:80", "a  b", "c'd"] },
    { kind: "note", text: "'as' it  is" },
    { kind: "shell", command: "echo  'x' | cat" },
  ]);
  t.same(
    statements.map(({ place }) => [place.line, place.column]),
    [
      [3, 1],
      [4, 3],
      [5, 1],
    ],
  );
});
