/** What differs between the server's and the client's end of a connection. */
export interface ConnectionRole {
  /** The newest stream of the peer that was taken up; 0: none. */
  readonly lastStreamId: number;
  /** HEADERS for a stream that is not open. The block must be decoded, whatever becomes of it. */
  onNewStream(id: number, bytes: Uint8Array, start: number, end: number, endStream: boolean): void;
  /** True: DATA for any stream that is over is what was under way when it was cancelled. */
  readonly ignoresLateData: boolean;
  /** True while no frame of this stream can have been sent. */
  isIdle(id: number): boolean;
  /** A PING that wants an answer; raises where it comes too early. */
  onPing(): void;
  /** A PING of this side has been answered; `data` is borrowed: its eight bytes. */
  onPingAck(data: Uint8Array): void;
  /** The peer's SETTINGS have been taken. */
  onSettings(): void;
  onGoAway(lastStreamId: number, code: number, text: string): void;
  /** What was received in one piece has been taken. */
  onRead(): void;
  /** Something was sent: queues may have become shorter. */
  onSent(): void;
  /** A stream is over. */
  onForget(): void;
  /** The connection is gone; its streams have heard of it. Called once. */
  onClosed(reason: string): void;
}
