import { Module } from "@nestjs/common";
import { connect } from "nodetcd";

/** What services ask for: `{ provide: ..., inject: [ETCD] }`, or `@Inject(ETCD)` in TypeScript. */
export const ETCD = Symbol("etcd");

/** Closes the client, and with it its locks and leaderships, when the application ends. */
class ClosesClient {
  constructor(client) {
    this.client = client;
  }
  async onApplicationShutdown() {
    this.client.close();
    await this.client.closed;
  }
}

export class EtcdModule {
  /** `EtcdModule.forRoot("http://127.0.0.1:2379")`, in the imports of the root module. */
  static forRoot(endpoints, options) {
    return {
      module: EtcdModule,
      global: true,
      providers: [
        { provide: ETCD, useFactory: () => connect(endpoints, options) },
        { provide: ClosesClient, useFactory: (client) => new ClosesClient(client), inject: [ETCD] },
      ],
      exports: [ETCD],
    };
  }
}
Module({})(EtcdModule);
