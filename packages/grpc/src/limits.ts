/** Default of `maxReceiveMessageBytes`, in bytes: etcd's 1.5 MiB request and 512 KiB around it. */
export const DEFAULT_MAX_RECEIVE_MESSAGE_BYTES: number = 2 * 1024 * 1024;

/** Bytes queued in one call from which on `send` answers false. */
export const SEND_HIGH_WATER_BYTES: number = 256 * 1024;
