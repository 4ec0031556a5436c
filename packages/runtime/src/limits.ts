/** Bounds of what strangers can make a process do before anybody knows who they are. */

/** Milliseconds from the connection to the end of the TLS handshake (etcd's number). Then it is cut. */
export const HANDSHAKE_TIMEOUT_MS = 10_000;

/** Connections of one TLS server that are not through their handshake. One more, and the oldest of them is cut. */
export const HANDSHAKES_MAX = 1_024;

/** Handshakes that begin in one turn of the loop, each some 2 ms of work; others wait for the next turn. */
export const HANDSHAKES_BEGUN_PER_TURN = 4;

/** Milliseconds for the look-ups of names in a peer's certificate. */
export const ADDRESS_CHECK_TIMEOUT_MS = 5_000;

/** Connections that wait to be accepted, where the system allows as many (Linux's own bound; Node's would be 511). */
export const LISTEN_BACKLOG = 4_096;
