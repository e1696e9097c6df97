/* See typing.h. Invariants:
 *
 *   text = base, then sent, then typed; all three fit
 *   sent is an edit of what the server has at `rev`; what was put on the wire is older than that as soon as somebody else's edit has come in between, and stays as it was:
 *   the server carries it over the same edits, with the same result
 *   own_rev, once known, is the revision at which `sent` will come back
 *
 * Composing what is on its way with what was typed since would be simpler and is wrong: the server has, or will have, the two as separate edits, and where a composed insertion ends up
 * among other people's may differ from where its parts do. Only edits that nobody has seen are composed. */
#include "client-cli/typing.h"
#include "proto/json.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* How many of the last edits are remembered, to bring carets up to date that were stated before them. */
enum { PAST_EDITS = 32 };

struct typing {
	char note[OBJECT_ID_CAP];
	enum typing_state state;
	int64_t rev, own_rev; /* own_rev: 0 while unknown */
	struct buf base, text;
	struct text_edit sent, typed;
	bool in_flight, out, caught_up; /* out: sent on this connection; caught_up: no edits are missing */
	bool was_cut; /* it was sent on a connection that has been lost since */
	char cmd[ID_CHARS + 1];
	uint64_t next_ms; /* no edit before this moment */
	struct caret caret;
	struct buf lost;
	struct text_edit past[PAST_EDITS]; /* number rev % PAST_EDITS made `rev` */
	int64_t past_from; /* those of past_from + 1 … rev are there */
};

static bool is_empty(const struct text_edit *edit)
{
	return edit->n == 0;
}

static void edit_swap(struct text_edit *a, struct text_edit *b)
{
	struct text_edit t = *a;
	*a = *b;
	*b = t;
}

static void buf_swap(struct buf *a, struct buf *b)
{
	struct buf t = *a;
	*a = *b;
	*b = t;
}

static int64_t length_of(const struct buf *text)
{
	int64_t n = text_measure(text->s, text->n);
	assert(n >= 0);
	return n;
}

/* text := text after edit, which fits. */
static void advance(struct buf *text, const struct text_edit *edit)
{
	struct buf out = { 0 };
	text_apply(text->s, text->n, edit, &out);
	buf_swap(text, &out);
	buf_release(&out);
}

static void set(struct buf *out, const char *s, size_t n)
{
	buf_reset(out);
	buf_add(out, s, n);
}

static int64_t clamp(int64_t at, int64_t length)
{
	return at < 0 ? 0 : at > length ? length : at;
}

static void clamp_caret(struct typing *typing)
{
	int64_t length = typing_length(typing);
	typing->caret.anchor = clamp(typing->caret.anchor, length);
	typing->caret.focus = clamp(typing->caret.focus, length);
}

static struct caret caret_after(struct caret caret, const struct text_edit *edit)
{
	return (struct caret){ text_transform_position(caret.anchor, edit), text_transform_position(caret.focus, edit) };
}

/* --- life --- */

struct typing *typing_new(const char *note, const char *text, size_t n, int64_t rev)
{
	assert(strlen(note) < OBJECT_ID_CAP);
	struct typing *typing = calloc(1, sizeof *typing);
	if (!typing)
		abort();
	strcpy(typing->note, note);
	typing->state = TYPING_OPEN;
	set(&typing->base, text, n);
	set(&typing->text, text, n);
	typing->rev = typing->past_from = rev;
	typing->caught_up = true;
	return typing;
}

void typing_free(struct typing *typing)
{
	if (!typing)
		return;
	buf_release(&typing->base);
	buf_release(&typing->text);
	buf_release(&typing->lost);
	text_edit_release(&typing->sent);
	text_edit_release(&typing->typed);
	for (int i = 0; i < PAST_EDITS; i++)
		text_edit_release(&typing->past[i]);
	free(typing);
}

const char *typing_note(const struct typing *typing) { return typing->note; }
enum typing_state typing_state(const struct typing *typing) { return typing->state; }
int64_t typing_rev(const struct typing *typing) { return typing->rev; }
const char *typing_cmd(const struct typing *typing) { return typing->cmd; }
struct caret typing_caret(const struct typing *typing) { return typing->caret; }
bool typing_is_pending(const struct typing *typing) { return typing->in_flight || !is_empty(&typing->typed); }
int64_t typing_length(const struct typing *typing) { return length_of(&typing->text); }
const char *typing_lost_words(const struct typing *typing) { return buf_cstr(&typing->lost); }

const char *typing_text(const struct typing *typing, size_t *n)
{
	if (n)
		*n = typing->text.n;
	return buf_cstr(&typing->text);
}

void typing_set_caret(struct typing *typing, struct caret caret)
{
	typing->caret = caret;
	clamp_caret(typing);
}

/* --- what the person does --- */

void typing_clean(struct buf *out, const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (s[i] == '\r' && i + 1 < n && s[i + 1] == '\n')
			continue;
		if (s[i] == '\r')
			buf_char(out, '\n');
		else if ((unsigned char)s[i] >= 0x20 || s[i] == '\n' || s[i] == '\t')
			buf_char(out, s[i]);
	}
}

/* Takes over an edit of what the person sees. */
static void type_edit(struct typing *typing, const struct text_edit *edit)
{
	struct text_edit composed = { 0 };
	text_compose(&typing->typed, edit, &composed);
	edit_swap(&typing->typed, &composed);
	text_edit_release(&composed);
	advance(&typing->text, edit);
}

static enum typing_verdict splice(struct typing *typing, int64_t at, int64_t remove, const struct buf *words)
{
	int64_t length = typing_length(typing), more = length_of(words);
	assert(at >= 0 && remove >= 0 && at + remove <= length);
	if (!remove && !more)
		return TYPING_SAME;
	if (more > remove && length - remove + more > NOTE_CHARS_MAX)
		return TYPING_TOO_LONG;
	struct text_edit edit = { 0 };
	text_edit_skip(&edit, at);
	text_edit_delete(&edit, remove);
	text_edit_insert(&edit, words->s, words->n);
	type_edit(typing, &edit);
	text_edit_release(&edit);
	typing->caret.anchor = typing->caret.focus = at + more;
	return TYPING_OK;
}

enum typing_verdict typing_splice(struct typing *typing, int64_t at, int64_t remove, const char *s, size_t n)
{
	struct buf words = { 0 };
	typing_clean(&words, s, n);
	enum typing_verdict verdict = splice(typing, at, remove, &words);
	buf_release(&words);
	return verdict;
}

static bool starts_code_point(char c)
{
	return ((unsigned char)c & 0xC0) != 0x80;
}

/* How many bytes both begin with, whole code points only; and of what is left, how many both end with. */
static void common_ends(const struct buf *a, const struct buf *b, size_t *front, size_t *back)
{
	size_t least = a->n < b->n ? a->n : b->n, i = 0, j = 0;
	while (i < least && a->s[i] == b->s[i])
		i++;
	while (i > 0 && ((i < a->n && !starts_code_point(a->s[i])) || (i < b->n && !starts_code_point(b->s[i]))))
		i--;
	while (j < least - i && a->s[a->n - 1 - j] == b->s[b->n - 1 - j])
		j++;
	while (j > 0 && !starts_code_point(a->s[a->n - j]))
		j--;
	*front = i;
	*back = j;
}

enum typing_verdict typing_replace(struct typing *typing, const char *s, size_t n)
{
	struct buf wanted = { 0 }, words = { 0 };
	size_t front, back;
	typing_clean(&wanted, s, n);
	common_ends(&typing->text, &wanted, &front, &back);
	int64_t at = text_measure(typing->text.s, front), remove = text_measure(typing->text.s + front, typing->text.n - front - back);
	buf_add(&words, wanted.s + front, wanted.n - front - back);
	enum typing_verdict verdict = splice(typing, at, remove, &words);
	buf_release(&wanted);
	buf_release(&words);
	return verdict;
}

/* --- what is sent --- */

uint64_t typing_due_ms(const struct typing *typing, uint64_t now_ms)
{
	if (typing->state == TYPING_FROZEN || !typing->caught_up || (typing->in_flight ? !typing_is_resend(typing) : is_empty(&typing->typed)))
		return 0;
	uint64_t due = typing->next_ms > now_ms ? typing->next_ms : now_ms;
	return due ? due : 1;
}

bool typing_is_resend(const struct typing *typing)
{
	return typing->in_flight && !typing->out && *typing->cmd;
}

void typing_resent(struct typing *typing, uint64_t now_ms)
{
	assert(typing->in_flight);
	typing->out = true;
	typing->next_ms = now_ms + TYPING_GAP_MS;
}

void typing_cut(struct typing *typing)
{
	typing->caught_up = typing->out = false;
	typing->was_cut = typing->in_flight;
}

static cJSON *edit_json(const struct text_edit *edit)
{
	struct buf text = { 0 };
	text_edit_write(&text, edit);
	cJSON *json = cJSON_ParseWithLength(text.s, text.n);
	buf_release(&text);
	if (!json)
		abort();
	return json;
}

cJSON *typing_take(struct typing *typing, uint64_t now_ms)
{
	assert(!typing->in_flight && !is_empty(&typing->typed) && typing->state != TYPING_FROZEN && typing->caught_up);
	cJSON *args = cJSON_CreateObject();
	cJSON_AddStringToObject(args, "id", typing->note);
	cJSON_AddNumberToObject(args, "rev", (double)typing->rev);
	cJSON_AddItemToObject(args, "edit", edit_json(&typing->typed));
	edit_swap(&typing->sent, &typing->typed);
	text_edit_reset(&typing->typed);
	typing->in_flight = typing->out = true;
	typing->own_rev = 0;
	typing->next_ms = now_ms + TYPING_GAP_MS;
	return args;
}

void typing_sent(struct typing *typing, const char *cmd)
{
	assert(typing->in_flight && strlen(cmd) <= ID_CHARS);
	strcpy(typing->cmd, cmd);
}

void typing_write_open(const struct typing *typing, struct buf *out)
{
	buf_str(out, "{\"id\":");
	buf_json_string(out, typing->note, strlen(typing->note));
	buf_str(out, ",\"rev\":");
	buf_int(out, typing->rev);
	if (*typing->cmd) {
		buf_str(out, ",\"cmd\":\"");
		buf_str(out, typing->cmd);
		buf_char(out, '"');
	}
	buf_char(out, '}');
}

/* --- what the server says --- */

static void remember(struct typing *typing, const struct text_edit *edit)
{
	struct text_edit *slot = &typing->past[typing->rev % PAST_EDITS];
	text_edit_reset(slot);
	/* Composing with nothing copies. */
	text_compose(&(struct text_edit){ 0 }, edit, slot);
	if (typing->rev - typing->past_from > PAST_EDITS)
		typing->past_from = typing->rev - PAST_EDITS;
}

static void settle_sent(struct typing *typing)
{
	text_edit_reset(&typing->sent);
	typing->in_flight = typing->out = typing->was_cut = false;
	typing->own_rev = 0;
	typing->cmd[0] = 0;
}

/* a := a carried over b, b := b carried over a. `a` is ours (left), `b` the logged one. */
static void carry(struct text_edit *a, struct text_edit *b)
{
	struct text_edit a_after = { 0 }, b_after = { 0 };
	text_transform(a, b, TEXT_LEFT, &a_after);
	text_transform(b, a, TEXT_RIGHT, &b_after);
	edit_swap(a, &a_after);
	edit_swap(b, &b_after);
	text_edit_release(&a_after);
	text_edit_release(&b_after);
}

static bool fits(const struct text_edit *edit, const struct buf *text)
{
	return text_edit_check(edit, length_of(text)) == TEXT_OK;
}

/* The smallest single replacement that makes `to` of `from`. */
static void edit_between(const struct buf *from, const struct buf *to, struct text_edit *out)
{
	size_t front, back;
	common_ends(from, to, &front, &back);
	text_edit_reset(out);
	text_edit_skip(out, text_measure(from->s, front));
	text_edit_delete(out, text_measure(from->s + front, from->n - front - back));
	text_edit_insert(out, to->s + front, to->n - front - back);
	text_edit_trim(out);
}

/* The person sees another text, of which no edit is known. */
static void show(struct typing *typing, const struct buf *text)
{
	struct text_edit edit = { 0 };
	edit_between(&typing->text, text, &edit);
	set(&typing->text, text->s, text->n);
	typing->caret = caret_after(typing->caret, &edit);
	text_edit_release(&edit);
}

void typing_lose(struct typing *typing)
{
	if (!typing_is_pending(typing))
		return;
	set(&typing->lost, typing->text.s, typing->text.n);
	text_edit_reset(&typing->typed);
	settle_sent(typing);
	show(typing, &typing->base);
	typing->state = TYPING_LOST;
}

/* An edit over base and what is on its way: carried over what was typed, and done to what is seen. */
static void take_under(struct typing *typing, struct text_edit *edit)
{
	carry(&typing->typed, edit);
	advance(&typing->text, edit);
	typing->caret = caret_after(typing->caret, edit);
}

/* The edit on its way is in the text already, taken for somebody else's: the copy that is seen here goes again. */
static void withdraw(struct typing *typing)
{
	struct text_edit whole = { 0 }, back = { 0 };
	text_make_invertible(&typing->sent, typing->base.s, typing->base.n, &whole);
	text_invert(&whole, &back);
	text_edit_reset(&typing->sent);
	take_under(typing, &back);
	text_edit_release(&whole);
	text_edit_release(&back);
}

/* Somebody else's edit over `base`, which has taken it already. */
static void take_foreign(struct typing *typing, const struct text_edit *edit)
{
	struct text_edit here = { 0 };
	text_compose(&(struct text_edit){ 0 }, edit, &here);
	if (typing->in_flight)
		carry(&typing->sent, &here);
	take_under(typing, &here);
	text_edit_release(&here);
}

/* What was on its way is typed anew. The server has not logged it, so that it may be composed with what came after it. */
static void take_back(struct typing *typing)
{
	struct text_edit all = { 0 };
	text_compose(&typing->sent, &typing->typed, &all);
	edit_swap(&typing->typed, &all);
	text_edit_release(&all);
	settle_sent(typing);
}

/* Whether the edit does to `base` what the one on its way would do. */
static bool is_ours(const struct typing *typing, const struct text_edit *edit)
{
	struct buf expected = { 0 }, got = { 0 };
	text_apply(typing->base.s, typing->base.n, &typing->sent, &expected);
	text_apply(typing->base.s, typing->base.n, edit, &got);
	bool same = expected.n == got.n && !memcmp(buf_cstr(&expected), buf_cstr(&got), got.n);
	buf_release(&expected);
	buf_release(&got);
	return same;
}

enum typing_verdict typing_op(struct typing *typing, int64_t rev, const cJSON *json)
{
	struct text_edit edit = { 0 };
	if (rev <= typing->rev)
		return TYPING_SAME;
	if (rev != typing->rev + 1 || text_edit_read(json, &edit) != TEXT_OK || !fits(&edit, &typing->base)) {
		text_edit_release(&edit);
		return TYPING_GAP;
	}
	/* What was sent on a connection that was lost may come in after the catching up, and before the answer to its resend. */
	bool due = typing->in_flight && typing->own_rev == rev, may_be = due || (typing->in_flight && !typing->own_rev && typing->was_cut);
	bool own = may_be && is_ours(typing, &edit);
	typing->rev = rev;
	remember(typing, &edit);
	advance(&typing->base, &edit);
	if (own) {
		settle_sent(typing);
	} else {
		take_foreign(typing, &edit);
		if (due)
			take_back(typing); /* done, says the server, and it is not there: what is left of it, most often nothing, is given again */
		else if (typing->own_rev && is_empty(&typing->sent))
			settle_sent(typing); /* others have done the same before us: no op of it will come */
	}
	text_edit_release(&edit);
	return own ? TYPING_SAME : TYPING_OK;
}

void typing_ok(struct typing *typing, int64_t rev)
{
	if (!typing->in_flight)
		return;
	typing->own_rev = rev;
	/* Its op is here already, and was taken for somebody else's; or nothing of it was left. */
	if (rev <= typing->rev)
		withdraw(typing);
	if (rev <= typing->rev || is_empty(&typing->sent))
		settle_sent(typing);
}

void typing_no(struct typing *typing, const char *code)
{
	if (!typing->in_flight)
		return;
	if (!strcmp(code, "rate") || !strcmp(code, "busy") || !strcmp(code, "readonly")) {
		typing->out = false;
	} else if (!strcmp(code, "frozen")) {
		take_back(typing);
		typing->state = TYPING_FROZEN;
	} else {
		typing_lose(typing);
	}
}

void typing_offer(struct typing *typing)
{
	if (typing->state == TYPING_FROZEN)
		typing->state = TYPING_OPEN;
}

static enum typing_verdict take_edits(struct typing *typing, const cJSON *edits, int64_t rev)
{
	enum typing_verdict verdict = TYPING_SAME;
	const cJSON *edit;
	cJSON_ArrayForEach(edit, edits)
	{
		enum typing_verdict one = typing_op(typing, ++rev, edit);
		if (one == TYPING_GAP) {
			typing_lose(typing);
			return one;
		}
		if (one == TYPING_OK)
			verdict = TYPING_OK;
	}
	return verdict;
}

enum typing_verdict typing_texts(struct typing *typing, const cJSON *message)
{
	bool lost = false, pending = typing_is_pending(typing);
	int64_t rev, own = 0;
	if (json_bool(message, "lost", &lost) && lost) {
		typing_lose(typing);
		typing->caught_up = true;
		return pending ? TYPING_OK : TYPING_SAME;
	}
	if (!json_int(message, "rev", 0, JSON_INT_MAX, &rev) || rev > typing->rev)
		return TYPING_GAP;
	if (typing->in_flight && json_int(message, "own", 1, JSON_INT_MAX, &own) && own > typing->rev)
		typing->own_rev = own;
	enum typing_verdict verdict = take_edits(typing, json_array(message, "edits"), rev);
	typing->caught_up = verdict != TYPING_GAP;
	return verdict;
}

enum typing_verdict typing_see(struct typing *typing, const char *text, size_t n, int64_t rev)
{
	bool same = n == typing->base.n && !memcmp(buf_cstr(&typing->base), text, n);
	if (rev < typing->rev)
		return TYPING_SAME;
	if (rev > typing->rev && typing_is_pending(typing))
		return TYPING_GAP;
	typing->caught_up = true;
	if (rev == typing->rev && same)
		return TYPING_SAME;
	struct buf now = { 0 };
	struct text_edit edit = { 0 };
	buf_add(&now, text, n);
	edit_between(&typing->base, &now, &edit);
	typing->rev = typing->past_from = rev;
	buf_swap(&typing->base, &now);
	take_foreign(typing, &edit);
	text_edit_release(&edit);
	buf_release(&now);
	return TYPING_OK;
}

void typing_forget_lost(struct typing *typing)
{
	buf_reset(&typing->lost);
	if (typing->state == TYPING_LOST)
		typing->state = TYPING_OPEN;
}

/* --- carets on the wire --- */

/* Where a place in the text after `edit` was before it. Places within an insertion, and at its end, were where it went in. */
static int64_t position_before(int64_t position, const struct text_edit *edit)
{
	int64_t before = 0, after = 0;
	for (size_t i = 0; i < edit->n; i++) {
		const struct text_component *part = &edit->parts[i];
		if (part->kind != TEXT_DELETE && position <= after + part->count)
			return part->kind == TEXT_SKIP ? before + position - after : before;
		after += part->kind == TEXT_DELETE ? 0 : part->count;
		before += part->kind == TEXT_INSERT ? 0 : part->count;
	}
	return before + position - after;
}

static int64_t there(const struct typing *typing, int64_t position)
{
	return position_before(position_before(position, &typing->typed), &typing->sent);
}

struct caret typing_caret_there(const struct typing *typing)
{
	return (struct caret){ there(typing, typing->caret.anchor), there(typing, typing->caret.focus) };
}

/* Letters that arrive exactly where somebody's caret stands are most likely their own: the caret goes behind them. */
static int64_t pushed(int64_t position, const struct text_edit *edit)
{
	int64_t here = 0;
	for (size_t i = 0; i < edit->n && here <= position; i++) {
		const struct text_component *part = &edit->parts[i];
		if (part->kind == TEXT_DELETE) {
			position -= part->count < position - here ? part->count : position - here;
		} else {
			position += part->kind == TEXT_INSERT ? part->count : 0;
			here += part->count;
		}
	}
	return position;
}

struct caret typing_caret_here(const struct typing *typing, struct caret caret, int64_t rev)
{
	for (rev = rev > typing->past_from ? rev : typing->past_from; rev < typing->rev; rev++) {
		const struct text_edit *edit = &typing->past[(rev + 1) % PAST_EDITS];
		caret = (struct caret){ pushed(caret.anchor, edit), pushed(caret.focus, edit) };
	}
	caret = caret_after(caret_after(caret, &typing->sent), &typing->typed);
	int64_t length = typing_length(typing);
	return (struct caret){ clamp(caret.anchor, length), clamp(caret.focus, length) };
}

/* --- over a restart --- */

cJSON *typing_save(const struct typing *typing)
{
	if (!typing_is_pending(typing))
		return NULL;
	cJSON *saved = cJSON_CreateObject();
	cJSON_AddStringToObject(saved, "note", typing->note);
	cJSON_AddNumberToObject(saved, "rev", (double)typing->rev);
	cJSON_AddStringToObject(saved, "base", buf_cstr(&typing->base));
	if (typing->in_flight) {
		if (*typing->cmd)
			cJSON_AddStringToObject(saved, "cmd", typing->cmd);
		if (typing->own_rev)
			cJSON_AddNumberToObject(saved, "own", (double)typing->own_rev);
		cJSON_AddItemToObject(saved, "sent", edit_json(&typing->sent));
	}
	cJSON_AddItemToObject(saved, "typed", edit_json(&typing->typed));
	if (typing->state == TYPING_FROZEN)
		cJSON_AddBoolToObject(saved, "frozen", true);
	return saved;
}

/* The edits of what was saved, and the text that they come to. */
static bool load_edits(struct typing *typing, const cJSON *saved)
{
	typing->in_flight = json_has(saved, "sent");
	if (typing->in_flight && (text_edit_read(json_get(saved, "sent"), &typing->sent) != TEXT_OK || !fits(&typing->sent, &typing->text)))
		return false;
	advance(&typing->text, &typing->sent);
	if (text_edit_read(json_get(saved, "typed"), &typing->typed) != TEXT_OK || !fits(&typing->typed, &typing->text))
		return false;
	advance(&typing->text, &typing->typed);
	return true;
}

struct typing *typing_load(const cJSON *saved)
{
	const char *note, *base, *cmd = "";
	size_t n, base_n;
	bool frozen = false;
	int64_t rev;
	if (!json_str(saved, "note", &note, &n) || !n || n >= OBJECT_ID_CAP || !json_str(saved, "base", &base, &base_n) || !json_int(saved, "rev", 0, JSON_INT_MAX, &rev) ||
	    text_measure(base, base_n) < 0)
		return NULL;
	struct typing *typing = typing_new(note, base, base_n, rev);
	typing->caught_up = false;
	json_int(saved, "own", 1, JSON_INT_MAX, &typing->own_rev);
	json_bool(saved, "frozen", &frozen);
	typing->state = frozen ? TYPING_FROZEN : TYPING_OPEN;
	if (json_str(saved, "cmd", &cmd, &n) && n <= ID_CHARS)
		strcpy(typing->cmd, cmd);
	if (load_edits(typing, saved)) {
		typing->was_cut = typing->in_flight;
		return typing;
	}
	typing_free(typing);
	return NULL;
}
