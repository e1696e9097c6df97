#include "client-cli/ui_internal.h"
#include "client-cli/sentence.h"
#include "proto/names.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

const char *const compose_names[COMPOSE_WORDS] = { "for", "who", "venture", "offer", "helps" };
const int compose_max[COMPOSE_WORDS] = { 300, 600, 80, 600, 600 };

enum { PAGE = 4 };

void ui_init(struct ui *ui, enum ui_mode mode)
{
	*ui = (struct ui){ .mode = mode, .home = UI_WALL, .board.wish = -1 };
}

void ui_release(struct ui *ui)
{
	editor_release(&ui->line);
	buf_release(&ui->filter);
	buf_release(&ui->choice_text);
	buf_release(&ui->typed);
	board_release(&ui->board);
	for (int f = 0; f < COMPOSE_WORDS; f++)
		editor_release(&ui->compose.words[f]);
	for (int f = 0; f < DOOR_FIELDS; f++)
		editor_release(&ui->door[f]);
}

void ui_flash(struct ui *ui, const char *text)
{
	snprintf(ui->flash, sizeof ui->flash, "%s", text);
}

void ui_say(struct ui *ui, const char *key)
{
	ui_flash(ui, sentence(key));
}

static void flash(struct ui *ui, const char *key)
{
	ui_say(ui, key);
}

/* --- what is to be seen --- */

/* Compatibility-folded, so that case, width and ligatures do not matter. Returns owned, NULL for what is not UTF-8. */
static char *fold(const char *text)
{
	return (char *)utf8proc_NFKC_Casefold((const utf8proc_uint8_t *)text);
}

static bool contains(const char *text, const char *folded)
{
	char *folded_text = fold(text);
	bool found = folded_text && strstr(folded_text, folded);
	free(folded_text);
	return found;
}

static bool matches(const struct wall_post *post, const char *folded)
{
	for (int p = 0; p < PARTS; p++)
		if (contains(post->words.part[p], folded))
			return true;
	return contains(post->words.venture, folded) || contains(post->author_name, folded);
}

size_t ui_visible(const struct ui *ui, const struct picture *picture, size_t *out)
{
	size_t n = 0;
	char *folded = ui->filter.n ? fold(ui->filter.s) : NULL;
	for (size_t i = 0; i < picture->post_count; i++) {
		const struct wall_post *post = &picture->posts[i];
		if (*post->deleted || (ui->only_waiting && !post_is_waiting(post)) || (folded && !matches(post, folded)))
			continue;
		out[n++] = i;
	}
	free(folded);
	return n;
}

static size_t *visible(const struct ui *ui, const struct picture *picture, size_t *count)
{
	size_t *list = malloc((picture->post_count + 1) * sizeof *list);
	if (!list)
		abort();
	*count = ui_visible(ui, picture, list);
	return list;
}

static void select_post(struct ui *ui, const struct wall_post *post)
{
	snprintf(ui->selected, sizeof ui->selected, "%s", post->id);
}

/* Where the selection is among `n` visible ones; n if nowhere. */
static size_t place_of(const struct ui *ui, const struct picture *picture, const size_t *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(picture->posts[list[i]].id, ui->selected))
			return i;
	return n;
}

void ui_settle(struct ui *ui, const struct picture *picture)
{
	size_t n, *list = visible(ui, picture, &n);
	if (n && (!ui->moved || place_of(ui, picture, list, n) == n))
		select_post(ui, &picture->posts[list[0]]);
	free(list);
}

static const struct wall_post *selected(const struct ui *ui, const struct picture *picture)
{
	const struct wall_post *post = picture_post(picture, ui->selected);
	return post && !*post->deleted ? post : NULL;
}

/* --- moving about --- */

/* `by` posts on, staying inside the column when columns stand side by side. */
static void step(struct ui *ui, const struct picture *picture, long by)
{
	size_t n, *list = visible(ui, picture, &n), at = place_of(ui, picture, list, n);
	long to = at == n ? 0 : (long)at + by;
	if (n) {
		to = to < 0 ? 0 : to >= (long)n ? (long)n - 1 : to;
		while (ui->wide && at < n && to != (long)at && picture->posts[list[to]].section_order != picture->posts[list[at]].section_order)
			to += to > (long)at ? -1 : 1;
		select_post(ui, &picture->posts[list[to]]);
	}
	free(list);
}

/* To the next section with something in it: to its first post, or side by side to the one at the same height. */
static void step_section(struct ui *ui, const struct picture *picture, int by)
{
	size_t n, *list = visible(ui, picture, &n), at = place_of(ui, picture, list, n), depth = 0;
	if (at == n)
		goto out;
	size_t order = picture->posts[list[at]].section_order;
	while (at - depth > 0 && picture->posts[list[at - depth - 1]].section_order == order)
		depth++;
	long to = (long)at;
	while (to >= 0 && to < (long)n && picture->posts[list[to]].section_order == order)
		to += by;
	if (to < 0 || to >= (long)n)
		goto out;
	size_t target = picture->posts[list[to]].section_order;
	while (to > 0 && picture->posts[list[to - 1]].section_order == target)
		to--;
	for (size_t d = 0; ui->wide && d < depth && to + 1 < (long)n && picture->posts[list[to + 1]].section_order == target; d++)
		to++;
	select_post(ui, &picture->posts[list[to]]);
out:
	free(list);
}

static void step_end(struct ui *ui, const struct picture *picture, bool last)
{
	size_t n, *list = visible(ui, picture, &n);
	if (n)
		select_post(ui, &picture->posts[list[last ? n - 1 : 0]]);
	free(list);
}

/* --- composer --- */

void compose_start(struct compose *compose, const char *post, const struct statement *words)
{
	const char *texts[COMPOSE_WORDS] = { "", "", "", "", "" };
	if (words) {
		texts[COMPOSE_FOR] = words->part[PART_FOR];
		texts[COMPOSE_WHO] = words->part[PART_WHO];
		texts[COMPOSE_VENTURE] = words->venture;
		texts[COMPOSE_OFFER] = words->part[PART_OFFER];
		texts[COMPOSE_HELPS] = words->part[PART_HELPS];
	}
	for (int f = 0; f < COMPOSE_WORDS; f++)
		editor_set(&compose->words[f], texts[f]);
	snprintf(compose->post, sizeof compose->post, "%s", post);
	compose->field = 0;
	compose->version = 0;
	compose->section[0] = compose->change[0] = 0;
	compose->touched = false;
}

struct statement compose_statement(const struct compose *compose)
{
	return (struct statement){
		.part = { editor_text(&compose->words[COMPOSE_FOR]), editor_text(&compose->words[COMPOSE_WHO]), editor_text(&compose->words[COMPOSE_OFFER]),
			  editor_text(&compose->words[COMPOSE_HELPS]) },
		.venture = editor_text(&compose->words[COMPOSE_VENTURE]),
	};
}

bool compose_is_empty(const struct compose *compose)
{
	for (int f = 0; f < COMPOSE_WORDS; f++)
		if (compose->words[f].text.n)
			return false;
	return true;
}

int compose_excess(const struct compose *compose, int field)
{
	const struct buf *text = &compose->words[field].text;
	int excess = (int)text_graphemes(buf_cstr(text), text->n) - compose_max[field];
	return excess > 0 ? excess : 0;
}

/* Keys that edit a line of text, the same everywhere. */
bool ui_edit_line(struct editor *editor, const struct key *key)
{
	switch (key->type) {
	case KEY_TEXT:
	case KEY_PASTE: editor_insert(editor, key->text, key->n); return true;
	case KEY_GO_LEFT: editor_move(editor, EDITOR_LEFT); return true;
	case KEY_GO_RIGHT: editor_move(editor, EDITOR_RIGHT); return true;
	case KEY_WORD_BACK: editor_move(editor, EDITOR_WORD_LEFT); return true;
	case KEY_WORD_ON: editor_move(editor, EDITOR_WORD_RIGHT); return true;
	case KEY_FIRST: editor_move(editor, EDITOR_HOME); return true;
	case KEY_LAST: editor_move(editor, EDITOR_END); return true;
	case KEY_ERASE: editor_delete(editor, EDITOR_LEFT); return true;
	case KEY_ERASE_ON: editor_delete(editor, EDITOR_RIGHT); return true;
	case KEY_ERASE_WORD: editor_delete(editor, EDITOR_WORD_LEFT); return true;
	case KEY_ERASE_LINE: editor_delete(editor, EDITOR_HOME); return true;
	default: return false;
	}
}

static int compose_fields(const struct ui *ui, const struct picture *picture)
{
	return *ui->compose.post || !picture->section_count ? COMPOSE_WORDS : COMPOSE_FIELDS;
}

/* Left and right go round the sections, "none" among them. */
static void turn_section(struct ui *ui, const struct picture *picture, int by)
{
	const struct wall_section *now = picture_section(picture, ui->compose.section);
	long at = now ? now - picture->sections + 1 : 0, count = (long)picture->section_count + 1;
	at = (at + by + count) % count;
	snprintf(ui->compose.section, sizeof ui->compose.section, "%s", at ? picture->sections[at - 1].id : "");
	ui->compose.touched = true;
}

static struct intent submit(struct ui *ui, const struct picture *picture)
{
	const struct compose *compose = &ui->compose;
	if (compose_is_empty(compose)) {
		flash(ui, "post.empty");
		return nothing;
	}
	for (int f = 0; f < COMPOSE_WORDS; f++)
		if (compose_excess(compose, f)) {
			ui->compose.field = f;
			return nothing;
		}
	if (picture->frozen && !role_is_staff(picture->role))
		return intent(INTENT_KEEP); /* the composer says why */
	ui->mode = ui->home;
	return intent(INTENT_SUBMIT);
}

static struct intent key_compose(struct ui *ui, const struct key *key, const struct picture *picture)
{
	struct compose *compose = &ui->compose;
	int fields = compose_fields(ui, picture);
	switch (key->type) {
	case KEY_ESCAPE:
		ui->mode = ui->home;
		return intent(INTENT_KEEP);
	case KEY_SUBMIT:
		return submit(ui, picture);
	case KEY_RETURN:
		if (compose->field == fields - 1)
			return submit(ui, picture);
		compose->field++;
		return nothing;
	case KEY_GO_DOWN:
	case KEY_TABULATOR:
		compose->field = (compose->field + 1) % fields;
		return nothing;
	case KEY_GO_UP:
	case KEY_BACK_TABULATOR:
		compose->field = (compose->field + fields - 1) % fields;
		return nothing;
	default:
		break;
	}
	if (compose->field == COMPOSE_SECTION) {
		if (key->type == KEY_GO_LEFT || key->type == KEY_GO_RIGHT)
			turn_section(ui, picture, key->type == KEY_GO_LEFT ? -1 : 1);
	} else if (ui_edit_line(&compose->words[compose->field], key)) {
		compose->touched = true;
	}
	return nothing;
}

/* --- commands on the wall --- */

static struct intent start_new(struct ui *ui, const struct wall_post *post, const struct picture *picture)
{
	(void)post, (void)picture;
	compose_start(&ui->compose, "", NULL);
	return intent(INTENT_COMPOSE);
}

static struct intent start_edit(struct ui *ui, const struct wall_post *post, const struct picture *picture)
{
	(void)picture;
	if (!post->own) {
		flash(ui, "say.not_yours");
		return nothing;
	}
	compose_start(&ui->compose, post->id, &post->words);
	ui->compose.version = post->version ? post->version : 1; /* a post on its way will be in its first version */
	snprintf(ui->compose.section, sizeof ui->compose.section, "%s", post->section); /* for a refused post that is added anew */
	if (post->pending == PENDING_REFUSED)
		snprintf(ui->compose.change, sizeof ui->compose.change, "%s", post->change->id);
	return intent_on(INTENT_COMPOSE, post->id);
}

static struct intent delete_post(struct ui *ui, const struct wall_post *post, const struct picture *picture)
{
	if (post->pending == PENDING_REFUSED) {
		flash(ui, "say.dropped");
		return intent_on(INTENT_DROP, post->id);
	}
	if (!post->own && !role_is_staff(picture->role)) {
		flash(ui, "say.not_yours");
		return nothing;
	}
	snprintf(ui->last_deleted, sizeof ui->last_deleted, "%s", post->id);
	step(ui, picture, 1);
	if (!strcmp(ui->selected, post->id))
		step(ui, picture, -1);
	flash(ui, "say.deleted");
	return intent_on(INTENT_DELETE, ui->last_deleted);
}

static struct intent undo(struct ui *ui, const struct wall_post *post, const struct picture *picture)
{
	(void)post, (void)picture;
	if (!*ui->last_deleted) {
		flash(ui, "say.undone");
		return ui_do("wall", CMD_UNDO, cJSON_CreateObject());
	}
	struct intent out = intent_on(INTENT_RESTORE, ui->last_deleted);
	snprintf(ui->selected, sizeof ui->selected, "%s", ui->last_deleted);
	ui->last_deleted[0] = 0;
	flash(ui, "say.restored");
	return out;
}

static struct intent approve(struct ui *ui, const struct wall_post *post, const struct picture *picture) { (void)ui, (void)picture; return intent_on(INTENT_APPROVE, post->id); }
static struct intent hide(struct ui *ui, const struct wall_post *post, const struct picture *picture) { (void)ui, (void)picture; return intent_on(INTENT_HIDE, post->id); }
static struct intent show(struct ui *ui, const struct wall_post *post, const struct picture *picture) { (void)ui, (void)picture; return intent_on(INTENT_SHOW, post->id); }

struct intent ui_ask_line(struct ui *ui, enum ui_line what, const char *text)
{
	ui->mode = UI_LINE;
	ui->line_for = what;
	editor_set(&ui->line, text);
	return nothing;
}

static struct intent reject(struct ui *ui, const struct wall_post *post, const struct picture *picture)
{
	(void)post, (void)picture;
	return ui_ask_line(ui, LINE_REASON, "");
}

static struct intent filter(struct ui *ui, const struct wall_post *post, const struct picture *picture)
{
	(void)post, (void)picture;
	return ui_ask_line(ui, LINE_FILTER, buf_cstr(&ui->filter));
}

static struct intent move(struct ui *ui, const struct wall_post *post, const struct picture *picture)
{
	(void)picture;
	ui->mode = UI_SECTIONS;
	ui->choice = (int)post->section_order;
	return nothing;
}

static struct intent freeze(struct ui *ui, const struct wall_post *post, const struct picture *picture)
{
	(void)post;
	flash(ui, picture->frozen ? "say.pens_up" : "say.pens_down");
	return intent(INTENT_FREEZE);
}

static struct intent queue(struct ui *ui, const struct wall_post *post, const struct picture *picture)
{
	(void)post;
	ui->only_waiting = !ui->only_waiting;
	flash(ui, ui->only_waiting ? "say.queue.on" : "say.queue.off");
	ui_settle(ui, picture);
	return nothing;
}

static struct intent help(struct ui *ui, const struct wall_post *post, const struct picture *picture)
{
	(void)post, (void)picture;
	ui->mode = UI_HELP;
	return nothing;
}

static struct intent places(struct ui *ui, const struct wall_post *post, const struct picture *picture)
{
	(void)post, (void)picture;
	ui->mode = ui->home = UI_PLACES;
	return nothing;
}

static struct intent promote(struct ui *ui, const struct wall_post *post, const struct picture *picture)
{
	(void)picture;
	if (strcmp(post->state, "shown") != 0 || post->pending == PENDING_REFUSED) {
		flash(ui, "say.promote.shown");
		return nothing;
	}
	return ui_choose(ui, CHOICE_CANVAS, post->id);
}

/* What was on this wall at every moment. */
static struct intent past(struct ui *ui, const struct wall_post *post, const struct picture *picture)
{
	(void)post, (void)picture;
	return ui_look_back(ui);
}

static struct intent quit(struct ui *ui, const struct wall_post *post, const struct picture *picture) { (void)ui, (void)post, (void)picture; return intent(INTENT_QUIT); }
static struct intent hurry(struct ui *ui, const struct wall_post *post, const struct picture *picture) { (void)ui, (void)post, (void)picture; return intent(INTENT_HURRY); }
static struct intent go_first(struct ui *ui, const struct wall_post *post, const struct picture *picture) { (void)post; step_end(ui, picture, false); return nothing; }
static struct intent go_last(struct ui *ui, const struct wall_post *post, const struct picture *picture) { (void)post; step_end(ui, picture, true); return nothing; }
static struct intent go_down(struct ui *ui, const struct wall_post *post, const struct picture *picture) { (void)post; step(ui, picture, 1); return nothing; }
static struct intent go_up(struct ui *ui, const struct wall_post *post, const struct picture *picture) { (void)post; step(ui, picture, -1); return nothing; }
static struct intent go_left(struct ui *ui, const struct wall_post *post, const struct picture *picture) { (void)post; step_section(ui, picture, -1); return nothing; }
static struct intent go_right(struct ui *ui, const struct wall_post *post, const struct picture *picture) { (void)post; step_section(ui, picture, 1); return nothing; }

static const struct {
	char letter;
	bool staff;      /* only instructors */
	bool needs_post; /* acts on the selection */
	struct intent (*act)(struct ui *ui, const struct wall_post *post, const struct picture *picture);
} letters[] = {
	{ 'j', false, false, go_down }, { 'k', false, false, go_up },   { 'h', false, false, go_left },  { 'l', false, false, go_right }, { 'g', false, false, go_first },
	{ 'G', false, false, go_last }, { 'n', false, false, start_new }, { 'e', false, true, start_edit }, { 'd', false, true, delete_post }, { 'u', false, false, undo },
	{ '/', false, false, filter },  { '?', false, false, help },    { 'q', false, false, quit },     { 'R', false, false, hurry },    { 'a', true, true, approve },
	{ 'r', true, true, reject },    { 'H', true, true, hide },      { 's', true, true, show },       { 'm', true, true, move },       { 'F', true, false, freeze },
	{ 'w', true, false, queue },    { 'c', false, false, places },  { 'p', false, true, promote },   { 'T', false, false, past },
};

static struct intent key_letter(struct ui *ui, char letter, const struct picture *picture)
{
	const struct wall_post *post = selected(ui, picture);
	for (size_t i = 0; i < sizeof letters / sizeof *letters; i++) {
		if (letters[i].letter != letter)
			continue;
		if (letters[i].staff && !role_is_staff(picture->role))
			flash(ui, "say.staff");
		else if (letters[i].needs_post && !post)
			flash(ui, "say.nothing");
		else
			return letters[i].act(ui, post, picture);
		return nothing;
	}
	return nothing;
}

static struct intent key_wall(struct ui *ui, const struct key *key, const struct scene *scene)
{
	const struct picture *picture = scene->picture;
	ui->moved = true;
	switch (key->type) {
	case KEY_TAKE_BACK: return ui_do("wall", CMD_UNDO, cJSON_CreateObject());
	case KEY_DO_AGAIN: return ui_do("wall", CMD_REDO, cJSON_CreateObject());
	case KEY_TEXT: return key->n == 1 ? key_letter(ui, key->text[0], picture) : nothing;
	case KEY_GO_DOWN: step(ui, picture, 1); break;
	case KEY_GO_UP: step(ui, picture, -1); break;
	case KEY_PAGE_DOWN: step(ui, picture, PAGE); break;
	case KEY_PAGE_UP: step(ui, picture, -PAGE); break;
	case KEY_GO_LEFT: step_section(ui, picture, -1); break;
	case KEY_GO_RIGHT: step_section(ui, picture, 1); break;
	case KEY_FIRST: step_end(ui, picture, false); break;
	case KEY_LAST: step_end(ui, picture, true); break;
	case KEY_RETURN: return key_letter(ui, 'e', picture);
	case KEY_ESCAPE:
		buf_reset(&ui->filter);
		ui->only_waiting = false;
		ui_settle(ui, picture);
		break;
	default: break;
	}
	return nothing;
}

/* --- lines, choices, door --- */

static void set_filter(struct ui *ui, const char *text, const struct picture *picture)
{
	buf_reset(&ui->filter);
	buf_str(&ui->filter, text);
	ui_settle(ui, picture);
}

static struct intent key_line(struct ui *ui, const struct key *key, const struct scene *scene)
{
	bool is_filter = ui->line_for == LINE_FILTER;
	if (key->type == KEY_ESCAPE || key->type == KEY_RETURN) {
		ui->mode = ui->home;
		if (key->type == KEY_ESCAPE && is_filter)
			set_filter(ui, "", scene->picture);
		if (key->type == KEY_ESCAPE || is_filter)
			return nothing;
		/* The reason stays in ui->line for whoever carries this out. */
		return ui->line_for == LINE_REASON ? intent_on(INTENT_REJECT, ui->selected) : ui_line_done(ui, scene);
	}
	ui_edit_line(&ui->line, key);
	if (is_filter)
		set_filter(ui, editor_text(&ui->line), scene->picture);
	return nothing;
}

static struct intent choose(struct ui *ui, const struct picture *picture)
{
	struct intent out = intent_on(INTENT_MOVE, ui->selected);
	if (ui->choice > 0 && ui->choice <= (int)picture->section_count)
		snprintf(out.section, sizeof out.section, "%s", picture->sections[ui->choice - 1].id);
	ui->mode = ui->home;
	return out;
}

static struct intent key_sections(struct ui *ui, const struct key *key, const struct picture *picture)
{
	int count = (int)picture->section_count + 1;
	char letter = key->type == KEY_TEXT && key->n == 1 ? key->text[0] : 0;
	if (key->type == KEY_ESCAPE || letter == 'q')
		ui->mode = ui->home;
	else if (key->type == KEY_RETURN)
		return choose(ui, picture);
	else if (key->type == KEY_GO_DOWN || letter == 'j')
		ui->choice = (ui->choice + 1) % count;
	else if (key->type == KEY_GO_UP || letter == 'k')
		ui->choice = (ui->choice + count - 1) % count;
	else if (letter >= '0' && letter <= '9' && letter - '0' < count) {
		ui->choice = letter - '0';
		return choose(ui, picture);
	}
	return nothing;
}

static struct intent key_door(struct ui *ui, const struct key *key)
{
	if (ui->door_going)
		return key->type == KEY_ESCAPE ? intent(INTENT_QUIT) : nothing;
	switch (key->type) {
	case KEY_ESCAPE:
		return intent(INTENT_QUIT);
	case KEY_RETURN:
		for (int i = 1; i <= DOOR_FIELDS; i++) {
			int field = (ui->door_field + i) % DOOR_FIELDS;
			if (!ui->door[field].text.n) {
				ui->door_field = field;
				return nothing;
			}
		}
		return intent(INTENT_ENTER);
	case KEY_GO_DOWN:
	case KEY_TABULATOR:
		ui->door_field = (ui->door_field + 1) % DOOR_FIELDS;
		return nothing;
	case KEY_GO_UP:
	case KEY_BACK_TABULATOR:
		ui->door_field = (ui->door_field + DOOR_FIELDS - 1) % DOOR_FIELDS;
		return nothing;
	default:
		ui_edit_line(&ui->door[ui->door_field], key);
		return nothing;
	}
}

struct intent ui_key(struct ui *ui, const struct key *pressed, const struct scene *scene)
{
	struct key key = *pressed;
	ui->flash[0] = 0;
	if (key.type == KEY_REDRAW)
		return intent(INTENT_REDRAW);
	if (key.type == KEY_NEWLINE && !board_edits(ui))
		key.type = KEY_RETURN;
	switch (ui->mode) {
	case UI_DOOR: return key_door(ui, &key);
	case UI_WALL: return key_wall(ui, &key, scene);
	case UI_COMPOSE: return key_compose(ui, &key, scene->picture);
	case UI_LINE: return key_line(ui, &key, scene);
	case UI_SECTIONS: return key_sections(ui, &key, scene->picture);
	case UI_PLACES: return ui_key_places(ui, &key, scene);
	case UI_TEAMS: return ui_key_teams(ui, &key, scene);
	case UI_CHOICE: return ui_key_choice(ui, &key, scene);
	case UI_CANVAS: return ui_key_canvas(ui, &key, scene);
	case UI_PAST: return ui_key_past(ui, &key, scene);
	case UI_HELP: ui->mode = ui->home; return nothing;
	}
	return nothing;
}
