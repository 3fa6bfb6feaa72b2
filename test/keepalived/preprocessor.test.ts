import t from "tap";
import { commands, imported } from "./support.ts";

/** Returns a text with the parameters it has in braces: a dollar sign before a brace would look like a template. */
function parameters(text: string): string {
  return text.replaceAll("%{", "${");
}

/** Returns the services a group of these members makes, by address and port. */
async function members(text: string, id?: string): Promise<readonly string[]> {
  const config = `virtual_server_group g {\n${parameters(text)}\n}
virtual_server group g {\nprotocol TCP\nlvs_method TUN\nreal_server 10.0.0.1 80 {\n}\n}\n`;
  const made = await commands(config, { ...(id === undefined ? {} : { id }) });
  return made.filter((each) => each.startsWith("-A")).map((each) => each.split(" ")[2]!);
}

t.test("a line behind @id counts where the id is that, behind @^id where it is not", async (t) => {
  const text = "@a 192.0.2.1 80\n@^a 192.0.2.2 80\n@b @^c 192.0.2.3 80";
  t.same(await members(text, "a"), ["192.0.2.1:80"]);
  t.same(await members(text, "b"), ["192.0.2.2:80", "192.0.2.3:80"]);
});

t.test("parameters are replaced when they are used, and parameters in them too", async (t) => {
  const text = "$BASE=192.0.%{SUB}\n$SUB=2\n%{BASE}.1 80\n$SUB=3\n$PORT=81\n%{BASE}.1 $PORT";
  t.same(await members(text), ["192.0.2.1:80", "192.0.3.1:81"]);
});

t.test("sequences count, up or down, in decimal or hexadecimal", async (t) => {
  t.same(await members("~SEQ(A, 3) 192.0.2.%{A} 80"), [
    "192.0.2.1:80",
    "192.0.2.2:80",
    "192.0.2.3:80",
  ]);
  t.same(await members("~SEQ(A, 3, 1) 192.0.2.%{A} 80"), [
    "192.0.2.3:80",
    "192.0.2.2:80",
    "192.0.2.1:80",
  ]);
  t.same(await members("~SEQx(A, 14, 2, 17) 2001:db8::%{A} 80"), [
    "[2001:db8::e]:80",
    "[2001:db8::10]:80",
  ]);
  t.same(await members("~LST({A, B}, {1, 80}, {2, 81}) 192.0.2.%{A} %{B}"), [
    "192.0.2.1:80",
    "192.0.2.2:81",
  ]);
  t.same(await members("~LST(A, 1, 2) ~SEQ(B, 8, 9) 192.0.2.%{A} 8%{B}"), [
    "192.0.2.1:88",
    "192.0.2.1:89",
    "192.0.2.2:88",
    "192.0.2.2:89",
  ]);
});

t.test("what is included stands where the include does", async (t) => {
  const files = { "a.inc": "include b.inc\n192.0.2.2 80\n", "b.inc": "192.0.2.1 80 # first\n" };
  const text = `virtual_server_group g {\ninclude a.inc\n192.0.2.3 80\n}
virtual_server group g {\nprotocol TCP\nreal_server 10.0.0.1 80 {\n}\n}\n`;
  const { wanted } = imported(text, { files });
  t.same(
    wanted.services.map(({ at }) => `${at?.path}:${at?.line}`),
    ["b.inc:1", "a.inc:2", "k.conf:3"],
  );
});

t.test("messages about the table name the file that was included", async (t) => {
  const files = { "s.inc": "real_server 10.0.0.1 80 {\n}\n" };
  const text = "virtual_server 192.0.2.1 80 {\nprotocol TCP\ninclude s.inc\n}\n";
  const [service] = imported(text, { files }).wanted.services;
  t.equal(service?.place, 'line 1, "virtual_server 192.0.2.1 80"');
  t.equal(service?.servers[0]?.place, 'line 1 of s.inc, "real_server 10.0.0.1 80"');
});

t.test("a place is where a person wrote it, whatever was replaced before it", async (t) => {
  const cases: readonly [text: string, place: string][] = [
    ["$W=xyz\nvirtual_server 192.0.2.1 80 {\n  protocol $W\n}\n", "line 3, column 12"],
    ["@^x virtual_server 192.0.2.300 80 {\n}\n", "line 1, column 20"],
    [
      "$RS= \\\n real_server 10.0.0.1 80 { \\\n  weight x \\\n }\nvirtual_server 192.0.2.1 80 {\n$RS\n}\n",
      "line 3, column 10",
    ],
  ];
  for (const [text, place] of cases) t.throws(() => imported(text), { message: new RegExp(place) });
});

t.test("what cannot be replaced is told", async (t) => {
  const cases: readonly [text: string, reason: RegExp][] = [
    ["$A=%{B}\n$B=%{A}\n$A\n", /line 3, .*nested too deep, or endlessly/],
    ["~SEQ(A, 1, 0, 9) x\n", /expected a sequence such as ~SEQ\(name, 1, 10\), found "A, 1, 0, 9"/],
    ["~SEQ(A, 1 x\n", /expected "\)", found the end of the line/],
    ["~LST({A, B}, {1}) x\n", /expected a list such as/],
    ["~SEQ(A, 1, 9999) ~SEQ(B, 1, 9999) x {\n", /more than 1000000 lines/],
    ["weight %{_RANDOM 1 9}\n", /line 1, column 8: expected a value that is the same each time/],
    ["include none.conf\n", /line 1, column 9: expected a file that can be read: no none\.conf/],
    ["@ weight 1\n", /expected a configuration id/],
  ];
  for (const [text, reason] of cases) {
    t.throws(() => imported(parameters(text)), { message: reason }, text);
  }
});
