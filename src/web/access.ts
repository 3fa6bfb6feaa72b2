/**
 * Who may ask: whoever has the token, from a page of ours.
 *
 * A page of another site can have the browser of someone who may ask send requests. So a request that
 * names another origin is refused, and one that names the server by a foreign name, as a page does whose
 * site has moved its own name to our address (DNS rebinding). The token comes in a header, which no other
 * site's page can set, and in no cookie.
 *
 * Source: Fetch standard, "Origin" header; W3C Fetch Metadata, `Sec-Fetch-Site`.
 *
 * @module
 */
import { isIP } from "node:net";
import type { MiddlewareHandler } from "hono";
import { isToken } from "./token.ts";

/** Why a request is refused. */
export interface Refusal {
  readonly status: 401 | 403;
  /** For programs. */
  readonly code: "host" | "origin" | "token";
  /** A sentence without final period. */
  readonly error: string;
}

/** Lets only requests pass that name this server and come from its own page, or from no page. */
export function sameSite(ownHost: string): MiddlewareHandler {
  return async (context, next) => {
    const host = context.req.header("host") ?? "";
    const refusal = foreign(host, ownHost, (name) => context.req.header(name));
    if (refusal !== undefined) return context.json(refusal, refusal.status);
    return next();
  };
}

function foreign(
  host: string,
  ownHost: string,
  header: (name: string) => string | undefined,
): Refusal | undefined {
  if (!isOwnName(hostName(host), ownHost)) {
    const error = `This director is not called "${host}": use its address`;
    return { status: 403, code: "host", error };
  }
  const origin = header("origin");
  const site = header("sec-fetch-site");
  const isForeign = origin !== undefined && origin !== `http://${host}`;
  const isCross = site !== undefined && site !== "same-origin" && site !== "none";
  if (!isForeign && !isCross) return undefined;
  const error = `Pages of ${origin ?? "another site"} may not ask this director`;
  return { status: 403, code: "origin", error };
}

function hostName(host: string): string {
  return /^\[([^\]]*)\](?::\d+)?$/.exec(host)?.[1] ?? host.replace(/:\d+$/, "");
}

/** Addresses cannot be moved by whoever owns a name. */
function isOwnName(name: string, ownHost: string): boolean {
  return isIP(name) !== 0 || name === "localhost" || name.toLowerCase() === ownHost.toLowerCase();
}

/** Lets only requests with the token pass: in the header `Authorization: Bearer`, or as `?token=`. */
export function withToken(token: string): MiddlewareHandler {
  return async (context, next) => {
    const [, bearer] = /^Bearer +(\S+)$/i.exec(context.req.header("authorization") ?? "") ?? [];
    const given = bearer ?? context.req.query("token");
    if (given !== undefined && isToken(token, given)) return next();
    const error =
      given === undefined
        ? "A token is needed: open the URL the director has printed"
        : "That is not the token of this director: open the URL it has printed";
    const refusal: Refusal = { status: 401, code: "token", error };
    context.header("WWW-Authenticate", "Bearer");
    return context.json(refusal, refusal.status);
  };
}
