/**
 * Linearizable reads that a leader holds until they can be answered, of each kind: waiting for a quorum,
 * and for the first commit of its term. Further ones are dropped, as by a lost message: who asked
 * asks again. All other bounds are options.
 */
export const MAX_WAITING_READS = 65_536;
