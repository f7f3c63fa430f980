/** Bytes of a request or response head, and of all informational responses to a request. More is answered with 431, or 502 when the destination sends it. */
export const maxHeadSize = 64 * 1024;

/** Fields of a request head. */
export const maxFields = 2_000;

/** Requests of one connection that wait for their turn. Browsers do not pipeline at all; this bounds the memory that a client can fill. */
export const maxPipelined = 100;

/** How long a client may go on sending after its last answer, in milliseconds, before it is cut off. */
export const lingerTimeout = 2_000;
