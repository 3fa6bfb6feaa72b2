/**
 * Devices, the pump that moves packets between one and a director, and hosts around them.
 *
 * @module
 */
export type { Device, DeviceCapabilities, NextHop } from "./device.ts";
export { MemoryDevice, type SentPacket } from "./memory.ts";
export { openCapture, PcapFileDevice } from "./pcap-file.ts";
export { PcapTapDevice } from "./pcap-tap.ts";
export { Pump, type Witness } from "./pump.ts";
export { StaticHost, type StaticHostOptions } from "./static-host.ts";
export { TracerDevice } from "./tracer.ts";
