#ifndef FORWHOM_SERVER_NET_RECEIVED_H
#define FORWHOM_SERVER_NET_RECEIVED_H
#include <stdint.h>

/* Bytes that the kernel has received on a TCP connection since it began (tcp(7), TCP_INFO), or `otherwise` when it does not say. A file of its own because the kernel's header for this and the C
 * library's exclude each other. */
uint64_t received_bytes(int fd, uint64_t otherwise);
#endif
