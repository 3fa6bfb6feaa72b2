/**
 * A program that builds the topology of its argument, prints the process numbers of its hosts, and
 * waits to be killed.
 *
 * @module
 */
import { Topology } from "../../src/lab/topology.ts";

const topology = await Topology.build(JSON.parse(process.argv[2] ?? "{}"));
console.log(JSON.stringify(topology.hosts.map((host) => host.pid)));
