import t from "tap";
import type { Screen } from "../../../src/lab/demo/draw.ts";
import { REAL_SERVERS, VIRTUAL } from "../../../src/lab/demo/laboratory.ts";
import { SimulatedLaboratory } from "../../../src/lab/demo/simulated.ts";
import { STORY } from "../../../src/lab/demo/story.ts";
import { tellStory } from "../../../src/lab/demo/tell.ts";

/** Tells the chapters of a title in a simulated laboratory; returns what was said and what differed. */
async function transcript(title: string) {
  let text = "";
  const screen: Screen = {
    fancy: false,
    write: (piece) => {
      text += piece;
    },
  };
  const chapters = STORY.filter((chapter) => chapter.title === title);
  const laboratory = new SimulatedLaboratory();
  const differences = await tellStory(chapters, laboratory, screen, { pace: 0 });
  await laboratory.close();
  return { lines: text.split("\n"), differences };
}

/** Returns the lines behind the one that begins with `from`, up to the next prompt or empty line. */
function after(lines: readonly string[], from: string): readonly string[] {
  const start = lines.findIndex((line) => line.startsWith(from)) + 1;
  const end = lines.findIndex((line, at) => at >= start && (line === "" || /^\w+# /.test(line)));
  return lines.slice(start, end);
}

const METHODS = [
  ["NAT (masquerading)", "-m", "Masq   ", "TIME_WAIT  "],
  ["DR (direct routing)", "-g", "Route  ", "FIN_WAIT   "],
  ["TUN (IP-in-IP tunnel)", "-i", "Tunnel ", "FIN_WAIT   "],
] as const;

for (const [title, flag, method, state] of METHODS) {
  t.test(
    `${title}: round robin shares nine requests evenly, the newest server first`,
    async (t) => {
      const { lines, differences } = await transcript(title);
      t.strictSame(differences, []);
      // The first chapter adds server by server, the others restore a list of rules.
      const prompt = flag === "-m" ? "director# uipvsadm " : "";
      t.strictSame(
        lines.filter((line) => line.includes("-a ")),
        [2, 3, 4].map((host) => `${prompt}-a -t 192.168.1.100:80 -r 172.16.16.${host}:80 ${flag}`),
      );
      t.strictSame(after(lines, "9 requests"), [
        "  answered by: 4 3 2 4 3 2 4 3 2",
        "  web2   172.16.16.2   ..#..#..#  3",
        "  web3   172.16.16.3   .#..#..#.  3",
        "  web4   172.16.16.4   #..#..#..  3",
      ]);
      t.strictSame(after(lines, "TCP  192.168.1.100:80 rr"), [
        `  -> 172.16.16.2:80               ${method} 1      0          3         `,
        `  -> 172.16.16.3:80               ${method} 1      0          3         `,
        `  -> 172.16.16.4:80               ${method} 1      0          3         `,
      ]);
      const entries = lines.filter((line) => /^TCP \d\d:\d\d /.test(line));
      t.equal(entries.length, 9);
      // With DR and TUN the director sees the client's half of the connection only.
      for (const entry of entries) t.match(entry, new RegExp(`^TCP 0[12]:\\d\\d  ${state} `));
    },
  );
}

t.test("a drained server keeps its connection and gets no new one", async (t) => {
  const { lines, differences } = await transcript("Draining a real server");
  t.strictSame(differences, []);
  const [answers = "", ...rows] = after(lines, "director# uipvsadm -e ");
  const [before = "", behind = ""] = answers.split("|");
  t.match(before, / 3 /);
  t.notMatch(behind, /3/);
  t.strictSame(behind.trim().split(" ").length, 8);
  t.match(rows[1], /\|\.{8} {2}\d+$/);
  t.match(after(lines, "The open connections again")[2], /\.b\. {2}1$/);
  t.match(
    lines.find((line) => line.startsWith("  -> 172.16.16.3:80")),
    /Masq {4}0 {6}1 /,
  );
  t.equal(lines.filter((line) => line.includes("ESTABLISHED 192.168.1.10:")).length, 3);
});

t.test("a persistent service keeps each network at one server", async (t) => {
  const { lines, differences } = await transcript("A persistent service, by network");
  t.strictSame(differences, []);
  t.strictSame(after(lines, "12 requests"), [
    "  answered by: 4 4 4 3 3 3 4 4 4 3 3 3",
    "  web2   172.16.16.2   ............  0",
    "  web3   172.16.16.3   ...bbb...bbb  6",
    "  web4   172.16.16.4   aaa...aaa...  6",
  ]);
  t.ok(lines.includes("TCP  192.168.1.100:80 rr persistent 300 mask 255.255.255.0"));
  const templates = lines.filter((line) => line.includes(" ASSURED "));
  t.strictSame(templates.map((line) => line.split(/ +/).slice(3)).sort(), [
    ["10.1.1.0:0", "192.168.1.100:80", "172.16.16.4:80"],
    ["10.1.2.0:0", "192.168.1.100:80", "172.16.16.3:80"],
  ]);
});

t.test("the same story is told twice in the same words", async (t) => {
  const [first, second] = [
    await transcript("NAT (masquerading)"),
    await transcript("NAT (masquerading)"),
  ];
  t.strictSame(first, second);
});

t.test("without a service nobody answers, and that is told", async (t) => {
  const laboratory = new SimulatedLaboratory();
  await laboratory.arrange("masquerade", () => {});
  const answer = await laboratory.request({ id: 7, ...VIRTUAL, from: "192.168.1.10" });
  t.match(answer, { id: 7, fault: "no answer arrived" });
  t.equal(answer.server, undefined);
});

t.test("a refused command is a difference", async (t) => {
  let text = "";
  const screen: Screen = {
    fancy: false,
    write: (piece) => {
      text += piece;
    },
  };
  const line = `uipvsadm -d -t ${VIRTUAL.address}:80 -r ${REAL_SERVERS[0]?.address}:80`;
  const chapter = {
    title: "x",
    text: [],
    method: "masquerade",
    steps: [{ kind: "command", line }],
  };
  const differences = await tellStory([chapter as never], new SimulatedLaboratory(), screen, {
    pace: 0,
  });
  t.strictSame(differences, [`x: "${line}" ended with exit status 255`]);
  t.match(text, /Service not defined/);
});
