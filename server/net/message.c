#include "server/net/message.h"

#include <string.h>

enum message_progress message_add(struct message *message, const struct message_piece *piece, int64_t bytes_max, int64_t fragments_max)
{
	bool is_last = piece->ends_frame && piece->ends_message, is_only = is_last && !message->is_open;

	if (!message->in_frame)
		message->fragments++;
	message->in_frame = !piece->ends_frame;
	message->is_open = true;
	if (message->fragments > fragments_max)
		return MESSAGE_TOO_MANY;
	if ((int64_t)message->parts.n + (int64_t)piece->size_bytes > bytes_max)
		return MESSAGE_TOO_BIG;
	/* Most messages come in one piece: these are used where they lie. */
	if (is_only) {
		message->text = piece->bytes ? piece->bytes : "";
		message->size_bytes = piece->size_bytes;
		return MESSAGE_WHOLE;
	}
	buf_add(&message->parts, piece->bytes, piece->size_bytes);
	if (!is_last)
		return MESSAGE_MORE;
	message->text = buf_cstr(&message->parts);
	message->size_bytes = message->parts.n;
	return MESSAGE_WHOLE;
}

void message_reset(struct message *message)
{
	buf_release(&message->parts);
	memset(message, 0, sizeof *message);
}
