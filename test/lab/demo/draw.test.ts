import t from "tap";
import { Drawing, type Screen, screenOf } from "../../../src/lab/demo/draw.ts";

const SERVERS = [
  { name: "web2", address: "172.16.16.2" },
  { name: "web3", address: "172.16.16.3" },
];

function draw(fancy: boolean, work: (drawing: Drawing) => void): string {
  let text = "";
  const screen: Screen = {
    fancy,
    write: (piece) => {
      text += piece;
    },
  };
  const drawing = new Drawing(screen, SERVERS);
  work(drawing);
  drawing.end();
  return text;
}

function sample(drawing: Drawing): void {
  drawing.answered("web3", " ");
  drawing.answered("web2", "a");
  drawing.bar();
  drawing.answered(undefined, " ");
}

t.test(
  "elsewhere than on a terminal, answers are named as they arrive and rows follow",
  async (t) => {
    t.equal(
      draw(false, sample),
      [
        "  answered by: 3 2 | !",
        "  web2   172.16.16.2   .a|.  1",
        "  web3   172.16.16.3   #.|.  1",
        "  nobody               ..|#  1",
        "",
      ].join("\n"),
    );
  },
);

t.test("on a terminal, the rows are there at once and fill in place", async (t) => {
  const text = draw(true, sample);
  const frames = text.replaceAll("\x1b[3A", "\x1b[2A").split("\x1b[2A");
  t.equal(frames.length, 5, "a drawing at the start and after each event");
  t.match(frames[0], "web2   172.16.16.2     0");
  t.match(frames[1], "web3   172.16.16.3   \x1b[43;30m \x1b[0m  1");
  t.match(frames[4], "web2   172.16.16.2    \x1b[46;30ma\x1b[0m|   1");
  t.match(frames[4], "nobody                 |\x1b[41;30m \x1b[0m  1");
});

t.test("the longest wave fits 80 columns", async (t) => {
  const text = draw(false, (drawing) => {
    for (let count = 0; count < 9 + 12 + 8; count++) drawing.answered("web2", " ");
    drawing.bar();
  });
  for (const line of text.split("\n")) t.ok(line.length <= 80, `${line.length} columns`);
});

t.test("screenOf() colours a terminal unless told otherwise", async (t) => {
  const stream = (isTTY: boolean) =>
    ({ isTTY, write: () => true }) as unknown as NodeJS.WriteStream;
  t.equal(screenOf(stream(true), {}).fancy, true);
  t.equal(screenOf(stream(true), { NO_COLOR: "" }).fancy, true);
  t.equal(screenOf(stream(true), { NO_COLOR: "1" }).fancy, false);
  t.equal(screenOf(stream(true), { TERM: "dumb" }).fancy, false);
  t.equal(screenOf(stream(false), {}).fancy, false);
});
