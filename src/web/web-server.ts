/**
 * Serves the page of a director, and what the page asks.
 *
 * Everything the browser loads comes from here, and the page can load nothing else: see the policy below.
 * The page itself holds no secret and is given to whoever names this server; what it asks needs the token.
 *
 * @module
 */
import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { serve } from "@hono/node-server";
import { type Context, Hono } from "hono";
import { secureHeaders } from "hono/secure-headers";
import { stream } from "hono/streaming";
import { IpvsError } from "../base/error.ts";
import type { Backend } from "../control/backend.ts";
import type { DirectorClient } from "../control/director-client.ts";
import type { ExplainClient } from "../control/explain-client.ts";
import { ConnectionSnapshots, LiveReader } from "../live/index.ts";
import { sameSite, withToken } from "./access.ts";
import { urlHost, type WebAddress } from "./address.ts";
import type { Failure } from "./api.ts";
import { pageFiles } from "./assets.ts";
import { carryOut } from "./changes.ts";
import { explain } from "./explaining.ts";
import { directorFacts } from "./facts.ts";
import { Feed } from "./feed.ts";
import { Labs } from "./labs.ts";
import { metricsText } from "./metrics.ts";
import { RateHistory } from "./rate-history.ts";
import {
  BadRequest,
  changeSchema,
  connectionsSchema,
  explainSchema,
  historySchema,
  understood,
} from "./requests.ts";
import { isToken } from "./token.ts";

/** Pages that are watching at the same time. */
const MOST_READERS = 32;
/** Bytes of a request's body. */
const MOST_BYTES = 64 * 1024;

/** What a page is served with. */
export interface WebOptions {
  readonly address: WebAddress;
  readonly token: string;
  /** Ways to the director. */
  readonly backend: Backend;
  readonly director: DirectorClient;
  readonly explainer: ExplainClient;
}

/** A page that is served. */
export class WebServer {
  /** What opens the page: the URL with its token. */
  readonly url: string;
  readonly #server: Server;
  readonly #feed: Feed;

  private constructor(url: string, server: Server, feed: Feed) {
    this.url = url;
    this.#server = server;
    this.#feed = feed;
  }

  /**
   * Begins to serve.
   *
   * @throws the system's error, with `code`, when nobody can listen at the address
   * @throws Error when the files of the page are missing
   */
  static async start(options: WebOptions): Promise<WebServer> {
    const { address, token } = options;
    const { app, feed } = application(options);
    await feed.start();
    const server = serve({
      fetch: app.fetch,
      hostname: address.host,
      port: address.port,
    }) as Server;
    try {
      await once(server, "listening");
    } catch (error) {
      feed.close();
      throw error;
    }
    const { port } = server.address() as AddressInfo;
    const url = `http://${urlHost({ host: address.host, port })}/?token=${token}`;
    return new WebServer(url, server, feed);
  }

  async close(): Promise<void> {
    this.#feed.close();
    const closed = once(this.#server, "close");
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }
}

function application(options: WebOptions): { readonly app: Hono; readonly feed: Feed } {
  const { address, token, backend, director, explainer } = options;
  const history = new RateHistory();
  const facts = () => directorFacts(director);
  const feed = new Feed({ reader: new LiveReader(backend), facts, history });
  const connections = new ConnectionSnapshots(() => director.statusFile("ip_vs_conn"));
  const metricsReader = new LiveReader(backend);
  const labs = new Labs();
  let readers = 0;

  const app = new Hono();
  app.use(securityHeaders());
  app.use(sameSite(address.host));
  app.use("/api/*", withToken(token));
  app.use("/metrics", withToken(token));
  app.onError((error, context) => refuse(context, error));
  app.notFound((context) => {
    const failure: Failure = { code: "request", error: `There is nothing at ${context.req.path}` };
    return context.json(failure, 404);
  });

  for (const { path, type, body } of pageFiles()) {
    app.get(path, (context) => {
      const given = context.req.query("token");
      if (given !== undefined && !isToken(token, given)) {
        return context.text(
          "That is not the token of this director: open the URL it has printed.\n",
          403,
        );
      }
      return context.body(body, 200, { "Content-Type": type, "Cache-Control": "no-cache" });
    });
  }

  app.get("/api/live", (context) => {
    if (readers >= MOST_READERS) {
      const error = `There are ${MOST_READERS} pages watching already: close one`;
      return context.json({ code: "EBUSY", error } satisfies Failure, 503);
    }
    context.header("Content-Type", "application/x-ndjson");
    return stream(context, async (lines) => {
      const gone = new AbortController();
      lines.onAbort(() => gone.abort());
      readers++;
      try {
        for await (const message of feed.messages(gone.signal)) {
          await lines.writeln(JSON.stringify(message));
        }
      } finally {
        readers--;
      }
    });
  });
  app.get("/api/history", (context) => {
    const { series, column } = understood(historySchema, {
      series: context.req.queries("series") ?? [],
      column: context.req.query("column"),
    });
    return context.json(history.read(series, column));
  });
  app.get("/api/connections", async (context) => {
    const request = understood(connectionsSchema, context.req.query());
    return context.json(await connections.page(request));
  });
  app.post("/api/explain", async (context) => {
    const request = understood(explainSchema, await bodyOf(context));
    return context.json(await explain(explainer, request));
  });
  app.post("/api/change", async (context) => {
    await carryOut(backend, understood(changeSchema, await bodyOf(context)));
    feed.hurry();
    return context.json({});
  });
  app.get("/api/lab", (context) => context.json(labs.view()));
  app.post("/api/lab/check", async (context) => context.json(await labs.check()));
  app.post("/api/lab/hint", (context) => context.json(labs.hint()));
  app.get("/metrics", async (context) => {
    const [state, known] = await Promise.all([metricsReader.read(), facts()]);
    const { text, contentType } = await metricsText(state, known);
    return context.body(text, 200, { "Content-Type": contentType });
  });
  return { app, feed };
}

/** Scripts, styles and data come from here alone; nobody frames the page or hears where it is. */
function securityHeaders() {
  const own = ["'self'"];
  return secureHeaders({
    contentSecurityPolicy: {
      defaultSrc: ["'none'"],
      scriptSrc: own,
      styleSrc: own,
      imgSrc: ["'self'", "data:"],
      connectSrc: own,
      baseUri: ["'none'"],
      formAction: ["'none'"],
      frameAncestors: ["'none'"],
    },
    referrerPolicy: "no-referrer",
    xFrameOptions: "DENY",
    // There is no TLS to insist on.
    strictTransportSecurity: false,
  });
}

/** @throws BadRequest for a body that is long or no JSON */
async function bodyOf(context: Context): Promise<unknown> {
  const length = Number(context.req.header("content-length") ?? Number.NaN);
  if (!(length <= MOST_BYTES)) {
    throw new BadRequest(`The request must have a length, of ${MOST_BYTES} bytes at most`);
  }
  if (!context.req.header("content-type")?.startsWith("application/json")) {
    throw new BadRequest("The request must be application/json");
  }
  try {
    return await context.req.json();
  } catch {
    throw new BadRequest("The request is no JSON");
  }
}

function refuse(context: Context, error: Error): Response {
  if (error instanceof IpvsError) {
    return context.json({ code: error.code, error: error.message } satisfies Failure, 409);
  }
  const isTheirs =
    error instanceof BadRequest || error instanceof SyntaxError || error instanceof RangeError;
  const failure: Failure = { code: isTheirs ? "request" : "failed", error: error.message };
  return context.json(failure, isTheirs ? 400 : 500);
}
