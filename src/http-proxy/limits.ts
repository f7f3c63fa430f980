/** Bytes of a response head, and of all informational responses to a request. With more the client gets 502. */
export const maxHeadSize = 64 * 1024;

/** Fields of a response head, and of its trailers. */
export const maxFields = 2_000;
