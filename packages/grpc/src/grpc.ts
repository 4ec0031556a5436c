export type {
  MethodKind,
  ServerCall,
  StreamCall,
  StreamHandler,
  StreamKind,
  UnaryCall,
  UnaryHandler,
} from "./call.ts";
export { RpcError } from "./errors.ts";
export type { LocalCallOptions } from "./local/local-call.ts";
export { LocalTransport } from "./local/local-transport.ts";
export { EMPTY_METADATA, type Metadata } from "./metadata.ts";
export { onAbort } from "./on-abort.ts";
export { unaryOverStream } from "./unary-over-stream.ts";
export { type MethodEntry, Services } from "./services.ts";
export { Status, type StatusCode, toStatusCode } from "./status.ts";
export type { CallOptions, CallStatus, ClientStream, Transport } from "./transport.ts";
export { GrpcServer, type GrpcServerOptions } from "./server/grpc-server.ts";
export { DEFAULT_KEEPALIVE, type KeepaliveOptions } from "./server/keepalive-options.ts";
export { Channel } from "./client/channel.ts";
export type { ChannelKeepalive, ChannelOptions, ServerAddress } from "./client/channel-options.ts";
export type { UnaryDone } from "./client/client-unary-call.ts";
