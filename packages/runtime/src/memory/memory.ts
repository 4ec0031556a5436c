export { MemoryDisk } from "./disk.ts";
