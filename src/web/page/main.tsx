/**
 * The page of a director, in the browser.
 *
 * @module
 */
import { render } from "preact";
import { App } from "./app.tsx";
import { listen } from "./live.ts";
import "./styles/index.css";

render(<App />, document.getElementById("page")!);
void listen();
