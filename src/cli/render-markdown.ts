/**
 * Markdown on a terminal: headings, paragraphs, lists, tables, quotes, and code as it is typed.
 *
 * A block ` ```sh HOST ` is shown with the prompt of that host, one of plain `sh` with that of the reader's own shell.
 *
 *     director# ipvsadm -L -n
 *     $ uipvs lab check
 *
 * @module
 */
import { lexer, type Token, type Tokens } from "marked";
import stringWidth from "string-width";
import { fillLines, type Run } from "./fill-lines.ts";
import type { Paint } from "./terminal-color.ts";

/** Prompt of the reader's own shell. */
const OWN_PROMPT = "$ ";
const INDENT = "    ";
const BULLET = "• ";
const QUOTE = "│ ";

/** How it is shown. */
export interface Rendering {
  /** Columns of a line. */
  readonly width: number;
  readonly paint: Paint;
}

/** Returns a text as lines for a terminal, with a line break at the end of each. */
export function renderMarkdown(text: string, rendering: Rendering): string {
  const lines = blocks(lexer(text), rendering);
  return lines.map((line) => `${line}\n`).join("");
}

/** Returns blocks as lines, an empty one between two. */
function blocks(tokens: readonly Token[], rendering: Rendering): readonly string[] {
  const shown = tokens.filter(({ type }) => type !== "space" && type !== "html");
  return shown.flatMap((token, index) => [
    ...(index === 0 ? [] : [""]),
    ...block(token, rendering),
  ]);
}

function block(token: Token, rendering: Rendering): readonly string[] {
  const { width, paint } = rendering;
  const { bold, faint } = paint;
  switch (token.type) {
    case "heading":
      return fillLines(withPaint(runsOf(token.tokens ?? [], paint), bold), width);
    case "code":
      return codeLines(token as Tokens.Code, paint);
    case "list":
      return listLines(token as Tokens.List, rendering);
    case "table":
      return tableLines(token as Tokens.Table, paint);
    case "blockquote": {
      const narrower = { ...rendering, width: width - QUOTE.length };
      return blocks(token.tokens ?? [], narrower).map((line) => faint(QUOTE) + line);
    }
    case "hr":
      return [faint("─".repeat(width))];
    default:
      return fillLines(runsOf([token], paint), width);
  }
}

function codeLines({ text, lang }: Tokens.Code, { bold, faint }: Paint): readonly string[] {
  const [language, host] = (lang ?? "").split(" ");
  if (language !== "sh") return text.split("\n").map((line) => INDENT + faint(line));
  const prompt = host === undefined ? OWN_PROMPT : `${host}# `;
  return text.split("\n").map((line, index, lines) => {
    const goesOn = index > 0 && lines[index - 1]!.endsWith("\\");
    return `${INDENT}${faint(goesOn ? "> " : prompt)}${bold(line)}`;
  });
}

function listLines(list: Tokens.List, rendering: Rendering): readonly string[] {
  return list.items.flatMap((item, index) => {
    const mark = list.ordered ? `${Number(list.start || 1) + index}. ` : BULLET;
    const narrower = { ...rendering, width: rendering.width - mark.length };
    const lines = blocks(item.tokens, narrower);
    const text = lines.map((line, at) => (at === 0 ? mark : " ".repeat(mark.length)) + line);
    return list.loose && index > 0 ? ["", ...text] : text;
  });
}

/** Rows as they are: tables of lessons are small. */
function tableLines({ header, rows }: Tokens.Table, paint: Paint): readonly string[] {
  const cells = [header, ...rows].map((row) =>
    row.map(({ tokens }) => fillLines(runsOf(tokens, paint), Number.POSITIVE_INFINITY).join("")),
  );
  const widths = header.map((_, at) => Math.max(...cells.map((row) => stringWidth(row[at] ?? ""))));
  return cells.map((row, index) => {
    const padded = row.map((cell, at) => cell + " ".repeat(widths[at]! - stringWidth(cell)));
    const line = padded.join("  ").trimEnd();
    return INDENT + (index === 0 ? paint.bold(line) : line);
  });
}

/** Returns the text of inline tokens, in runs of one paint each. */
function runsOf(tokens: readonly Token[], paint: Paint): readonly Run[] {
  return tokens.flatMap((token): readonly Run[] => {
    switch (token.type) {
      case "codespan":
        return [{ text: token.text, paint: paint.code, whole: true }];
      case "strong":
      case "em":
        return withPaint(runsOf(token.tokens ?? [], paint), paint.bold);
      case "br":
        return [{ text: " ", paint: plain }];
      case "link":
        return [...runsOf(token.tokens ?? [], paint), { text: ` (${token.href})`, paint: plain }];
      default:
        if ("tokens" in token && token.tokens !== undefined) return runsOf(token.tokens, paint);
        return [{ text: "text" in token ? String(token.text) : token.raw, paint: plain }];
    }
  });
}

function withPaint(runs: readonly Run[], outer: (text: string) => string): readonly Run[] {
  return runs.map((run) => ({ ...run, paint: (text: string) => outer(run.paint(text)) }));
}

function plain(text: string): string {
  return text;
}
