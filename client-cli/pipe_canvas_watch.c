/* `watch CANVAS`: says what is new, another, or gone in a canvas, as it happens. What has been said is remembered by pipe.c, under keys that begin with "canvas". */
#include "client-cli/pipe.h"
#include "client-cli/pipe_job.h"
#include <stdio.h>
#include <string.h>

/* The canvas that is watched, and whether what was there at first has been noted. */
static struct {
	char what[OBJECT_ID_CAP];
	bool primed;
} watched;

/* Takes `row`. */
static void tell(const char *how, cJSON *row, const char *text)
{
	if (job.app->json) {
		job_print_change(how, row);
		return;
	}
	cJSON_Delete(row);
	job_print_lines(text);
}

/* Says what is new or another than before about one thing. Takes `row`; `text` is what people read. */
static void watch_thing(const char *kind, const char *id, const char *pos, cJSON *row, const char *text)
{
	char key[64];
	struct buf say = { 0 };
	cJSON *seen = cJSON_Duplicate(row, true);
	cJSON_AddStringToObject(seen, "pos", pos);
	snprintf(key, sizeof key, "canvas %s %s", kind, id);
	int what = job_watch_note(key, cJSON_PrintUnformatted(seen));
	cJSON_Delete(seen);
	if (!what || !watched.primed) {
		cJSON_Delete(row);
		return;
	}
	buf_str(&say, what == 1 ? "+ " : "~ ");
	buf_str(&say, text);
	tell(what == 1 ? "added" : "changed", row, say.s);
	buf_release(&say);
}

static void watch_notes(const struct canvas *canvas)
{
	for (size_t i = 0; i < canvas->note_count; i++) {
		const struct canvas_note *note = &canvas->notes[i];
		struct buf text = { 0 };
		buf_char(&text, '[');
		buf_str(&text, note->box);
		buf_char(&text, ']');
		note_row_add(&text, canvas, note);
		watch_thing("note", note->id, note->pos, note_json(canvas, note), text.s);
		buf_release(&text);
	}
}

static void watch_links(const struct canvas *canvas)
{
	for (size_t i = 0; i < canvas->link_count; i++) {
		const struct canvas_link *link = &canvas->links[i];
		struct buf text = { 0 };
		job_add_short_id(&text, link->id);
		buf_str(&text, "  ");
		job_add_short_id(&text, link->from);
		buf_str(&text, " → ");
		job_add_short_id(&text, link->to);
		buf_str(&text, " (");
		buf_str(&text, link->as);
		buf_char(&text, ')');
		watch_thing("link", link->id, "", link_json(link), text.s);
		buf_release(&text);
	}
}

static void watch_boxes(const struct canvas *canvas)
{
	for (size_t i = 0; i < canvas->box_count; i++) {
		struct buf text = { 0 };
		buf_char(&text, '[');
		buf_str(&text, canvas->boxes[i].id);
		buf_str(&text, "]  ");
		buf_str(&text, canvas->boxes[i].title);
		watch_thing("box", canvas->boxes[i].id, "", box_json(&canvas->boxes[i]), text.s);
		buf_release(&text);
	}
}

static void keep_all_seen(void)
{
	struct said *said, *tmp;
	HASH_ITER(hh, job.said, said, tmp)
		said->seen |= !strncmp(said->key, "canvas ", 7);
}

void canvas_watch(void)
{
	const struct canvas_entry *entry;
	if (!*watched.what) {
		if (!(entry = job_find_canvas(word(1), false))) {
			app_end(job.app, EXIT_REFUSED);
			return;
		}
		strcpy(watched.what, entry->id);
		seat_open(job.seat, watched.what);
	}
	const struct replica *replica = model_replica(seat_model(job.seat), watched.what);
	if (!replica || replica->refused) {
		keep_all_seen();
		job_refuse("not_found", "not_found.document", "");
		app_end(job.app, EXIT_REFUSED);
		return;
	}
	/* While it is being opened anew, nothing is said to have gone. */
	if (!replica->known || !replica->mine_known || replica->at < replica->opened_at) {
		keep_all_seen();
		return;
	}
	canvas_make(&job.canvas, seat_model(job.seat), watched.what, NULL, NULL);
	watch_boxes(&job.canvas);
	watch_notes(&job.canvas);
	watch_links(&job.canvas);
	watched.primed = true;
}

bool canvas_tell_gone(const char *key)
{
	static const char mark[] = "canvas ";
	if (strncmp(key, mark, sizeof mark - 1) != 0)
		return false;
	key += sizeof mark - 1;
	size_t kind_n = strcspn(key, " ");
	char kind[16];
	snprintf(kind, sizeof kind, "%.*s", (int)kind_n, key);
	cJSON *row = cJSON_CreateObject();
	struct buf text = { 0 };
	cJSON_AddStringToObject(row, "kind", kind);
	cJSON_AddStringToObject(row, "id", key + kind_n + 1);
	buf_str(&text, "- ");
	buf_str(&text, kind);
	buf_char(&text, ' ');
	job_add_short_id(&text, key + kind_n + 1);
	tell("removed", row, text.s);
	buf_release(&text);
	return true;
}
