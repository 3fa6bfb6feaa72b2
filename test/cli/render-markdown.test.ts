/**
 * Markdown of lessons as a terminal shows it.
 */
import t from "tap";
import { renderMarkdown } from "../../src/cli/render-markdown.ts";
import { paint } from "../../src/cli/terminal-color.ts";

/** Returns the lines of a text in so many columns. */
function render(text: string, width = 40): readonly string[] {
  const lines = renderMarkdown(text, { width, paint: paint(false) }).split("\n");
  t.equal(lines.pop(), "", "a line break is at the end");
  return lines;
}

t.test("commands have the prompt of their host, a line that goes on that of a shell", async (t) => {
  const text = "```sh director\nipvsadm -A \\\n  -t 1:80\n```\n\n```sh\nuipvs lab check\n```\n";
  t.strictSame(render(text), [
    "    director# ipvsadm -A \\",
    "    >   -t 1:80",
    "",
    "    $ uipvs lab check",
  ]);
  t.strictSame(render("```text\n  as it is\n```\n"), ["      as it is"]);
});

t.test("paragraphs are filled, code in them is whole, links tell where they lead", async (t) => {
  t.strictSame(render("# Title\n\nLook with *care* at `ip route`,\nthen go on.", 20), [
    "Title",
    "",
    "Look with care at",
    "ip route, then go",
    "on.",
  ]);
  t.strictSame(render("See [the page](web.md)."), ["See the page (web.md)."]);
});

t.test("lists, quotes, tables and rules", async (t) => {
  t.strictSame(render("- one\n- two words\n", 8), ["• one", "• two", "  words"]);
  t.strictSame(render("3. three\n4. four\n"), ["3. three", "4. four"]);
  t.strictSame(render("> quoted words\n", 8), ["│ quoted", "│ words"]);
  t.strictSame(render("| Name | 含义 |\n|---|---|\n| rr | 轮询 |\n"), [
    "    Name  含义",
    "    rr    轮询",
  ]);
  t.strictSame(render("---\n", 5), ["─────"]);
});

t.test("headings and code are painted where there is colour", async (t) => {
  const painted = renderMarkdown("# `ip`\n", { width: 40, paint: paint(true) });
  t.equal(painted, "\u001b[1m\u001b[36mip\u001b[39m\u001b[22m\n");
});
