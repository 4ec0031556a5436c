import fp from "fastify-plugin";
import { connect } from "nodetcd";

/** `app.etcd`: a client that ends with the application. Options: `endpoints`, and those of `connect`. */
export const etcdPlugin = fp(
  async (app, { endpoints, ...options }) => {
    const client = connect(endpoints, options);
    app.decorate("etcd", client);
    app.addHook("onClose", async () => {
      client.close();
      await client.closed;
    });
  },
  { name: "etcd" },
);
