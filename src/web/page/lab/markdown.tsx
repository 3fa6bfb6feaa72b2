/**
 * Markdown as elements of the page. Nothing of it becomes HTML by itself.
 *
 * A block ` ```sh HOST ` is headed by that host, one of plain `sh` by the reader's own terminal; a block ` ```text `
 * directly below is joined to it, as what the command prints.
 *
 * @module
 */
import { lexer, type Token, type Tokens } from "marked";
import type { ComponentChildren } from "preact";
import { text as words } from "../settings.ts";

/** Letters of code in a sentence that stay on one line. */
const LONGEST_WHOLE = 20;

export function Markdown({ text }: { readonly text: string }) {
  return <div class="prose">{blocks(lexer(text))}</div>;
}

function blocks(tokens: readonly Token[]): ComponentChildren {
  const shown = tokens.filter(({ type }) => type !== "space" && type !== "html");
  return shown.map((token, index) => block(token, shown[index - 1], shown[index + 1]));
}

/** Whether a block says what is to be typed. */
function isCommand(token: Token | undefined): boolean {
  return token?.type === "code" && /^sh\b/.test(token.lang ?? "");
}

/** Whether a block says what a command prints, or draws something. */
function isPrinted(token: Token | undefined): boolean {
  return token?.type === "code" && token.lang === "text";
}

function block(
  token: Token,
  before: Token | undefined,
  after: Token | undefined,
): ComponentChildren {
  switch (token.type) {
    case "heading": {
      // The page has the first two levels for itself.
      const Heading = token.depth === 1 ? "h2" : token.depth === 2 ? "h3" : "h4";
      return <Heading>{inlines(token)}</Heading>;
    }
    case "paragraph":
      return <p>{inlines(token)}</p>;
    case "code": {
      const code = token as Tokens.Code;
      if (isPrinted(code) && isCommand(before)) return <Code code={code} kind="code-output" />;
      return <Code code={code} kind={isCommand(code) && isPrinted(after) ? "code-answered" : ""} />;
    }
    case "list": {
      const list = token as Tokens.List;
      const items = list.items.map((item) => <li>{blocks(item.tokens)}</li>);
      return list.ordered ? <ol start={Number(list.start || 1)}>{items}</ol> : <ul>{items}</ul>;
    }
    case "blockquote":
      return <blockquote>{blocks(token.tokens ?? [])}</blockquote>;
    case "table":
      return <Table table={token as Tokens.Table} />;
    case "hr":
      return <hr />;
    default:
      return inlines(token);
  }
}

function Code({ code, kind }: { readonly code: Tokens.Code; readonly kind: string }) {
  const [language, host] = (code.lang ?? "").split(" ");
  return (
    <figure class={`code ${kind}`}>
      {language === "sh" && <figcaption>{host ?? words.value.labOwnShell}</figcaption>}
      <pre>{code.text}</pre>
    </figure>
  );
}

function Table({ table }: { readonly table: Tokens.Table }) {
  return (
    <div class="scroll-x">
      <table>
        <thead>
          <tr>
            {table.header.map((cell) => (
              <th scope="col">{inlines(cell)}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {table.rows.map((row) => (
            <tr>
              {row.map((cell) => (
                <td>{inlines(cell)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function inlines(token: Token | Tokens.TableCell): ComponentChildren {
  if ("tokens" in token && token.tokens !== undefined) return token.tokens.map(inline);
  return "text" in token ? String(token.text) : "";
}

function inline(token: Token): ComponentChildren {
  switch (token.type) {
    case "strong":
      return <strong>{inlines(token)}</strong>;
    case "em":
      return <em>{inlines(token)}</em>;
    case "codespan":
      return <code class={token.text.length > LONGEST_WHOLE ? "" : "whole"}>{token.text}</code>;
    case "br":
      return <br />;
    case "html":
      return token.raw;
    default:
      // A link too: nothing leaves this machine, so where it leads is told and not followed.
      if (token.type === "link") return `${token.text} (${token.href})`;
      return inlines(token);
  }
}
