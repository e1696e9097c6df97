/* What the rooms know of sockets: five verbs. net/ws.c implements them on libwebsockets; the simulator and the unit tests implement them on queues.
 * A `peer` is the transport's own handle of one WebSocket connection, from hub_connect to hub_disconnect. */
#ifndef FORWHOM_SERVER_CAST_TRANSPORT_H
#define FORWHOM_SERVER_CAST_TRANSPORT_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct transport {
	/* Bytes of complete server-to-client WebSocket frames, sent as they are. The 16+ bytes before `bytes` must be readable memory of ours (libwebsockets' LWS_PRE).
	 * Takes everything (what the kernel does not accept waits inside the transport, see busy); false when the connection is beyond use. */
	bool (*write)(void *peer, const uint8_t *bytes, size_t size_bytes);
	/* True while part of the last write still waits: write nothing, ask for want_writable. */
	bool (*busy)(void *peer);
	/* Calls hub_writable(peer's connection) once when it is no longer busy. */
	void (*want_writable)(void *peer);
	/* Sends a close frame with `code` and `reason` (may be ""), then ends the connection; hub_disconnect follows later, never from inside the call. */
	void (*close)(void *peer, uint16_t code, const char *reason);
	/* Monotonic nanoseconds, for adaptive holding only. */
	uint64_t (*now_ns)(void);
};
#endif
