import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A TCP proxy whose connections can be cut, and which can refuse new ones. */
export interface BreakingProxy {
  readonly endpoint: string;
  /** Connections taken so far. */
  readonly connections: number;
  cut(): void;
  refuse(on: boolean): void;
  /** Takes requests to the server, and drops what it answers. */
  mute(on: boolean): void;
  close(): Promise<void>;
}

export async function startProxy(target: string): Promise<BreakingProxy> {
  const { hostname, port } = new URL(target);
  const open = new Set<Socket>();
  let refusing = false;
  let muted = false;
  let connections = 0;
  const server = createServer((inner) => {
    connections++;
    if (refusing) return inner.destroy();
    const outer = connect(Number(port), hostname);
    for (const [a, b] of [
      [inner, outer],
      [outer, inner],
    ] as const) {
      open.add(a);
      a.on("data", (chunk: Uint8Array) => {
        if (!(muted && a === outer)) b.write(chunk);
      });
      a.on("end", () => b.end());
      a.on("error", () => undefined);
      a.on("close", () => {
        open.delete(a);
        b.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const cut = (): void => {
    for (const socket of open) socket.destroy();
  };
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get connections() {
      return connections;
    },
    cut,
    refuse: (on) => {
      refusing = on;
    },
    mute: (on) => {
      muted = on;
    },
    close: async () => {
      cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
