#ifndef FORWHOM_TESTS_DECIDE_HELP_H
#define FORWHOM_TESTS_DECIDE_HELP_H

/*
 * For tests of the rules: commands and outcomes as words, "post.edit id=shown version=3 for=new" and "set shown for=new version=4". In lists of ids a plus stands for the space, in texts a slash for the newline. Ids that the server
 * has chosen are written +1, +2 and so on in the order in which they appear; ops for new documents have their number in front.
 */

#include "server/room/decide.h"
#include "server/room/steps.h"
#include "server/room/trail.h"
#include "server/room/turn.h"
#include "tests/unit/vectors.h"

/* The request borrows from `copy`, which has room for the text; `edit` owns the tree of an edit (cJSON_Delete), NULL if there is none. */
static inline void read_request(const char *text, struct request *request, char *copy, cJSON **edit)
{
	strcpy(copy, text);
	char *word = strtok(copy, " ");
	*edit = NULL;
	*request = (struct request){ .command = command_by_name(word) };
	if (request->command == CMD_NONE)
		fail_msg("no command %s", word);
	strcpy(request->id, "QAAAAAAAAAAAAAAAAAAAAA");
	const struct command_spec *spec = &command_specs[request->command];
	for (int a = 0; a < FIELDS_MAX; a++)
		request->args[a].s = "";
	while ((word = strtok(NULL, " "))) {
		char *value = strchr(word, '=');
		int a = 0;
		*value++ = 0;
		while (a < spec->arg_count && strcmp(spec->args[a].name, word) != 0)
			a++;
		if (a == spec->arg_count)
			fail_msg("%s has no argument %s", spec->name, word);
		request->given |= 1u << a;
		for (char *c = value; *c; c++)
			if (spec->args[a].type == FIELD_IDS ? *c == '+' : spec->args[a].type == FIELD_TEXT && *c == '/')
				*c = spec->args[a].type == FIELD_IDS ? ' ' : '\n';
		if (spec->args[a].type == FIELD_EDIT)
			request->edit = *edit = cJSON_Parse(value);
		else if (field_type_is_string(spec->args[a].type))
			request->args[a] = (struct value){ .s = value, .n = strlen(value) };
		else
			request->args[a].i = atoll(value);
	}
}

/* Ids of the server's own choosing, numbered as they appear. */
struct named_ids {
	char ids[32][ID_CHARS + 1];
	int count;
};

static inline void write_word(struct buf *out, const char *s, size_t n, struct named_ids *named)
{
	char id[ID_CHARS + 1];
	int k = 0;

	if (n != ID_CHARS || !id_is_valid(s, n)) {
		for (size_t i = 0; i < n; i++)
			buf_char(out, s[i] == '\n' ? '/' : s[i]);
		return;
	}
	memcpy(id, s, n);
	id[n] = 0;
	while (k < named->count && strcmp(named->ids[k], id) != 0)
		k++;
	if (k == named->count) {
		assert_in_range(k, 0, 31);
		strcpy(named->ids[named->count++], id);
	}
	buf_char(out, '+');
	buf_int(out, k + 1);
}

static inline void write_op(struct buf *out, const struct op *op, struct named_ids *named)
{
	const struct kind_spec *spec = &kind_specs[op->kind];

	buf_str(out, op_names[op->type]);
	buf_char(out, ' ');
	write_word(out, op->id, strlen(op->id), named);
	if (op->type == OP_TEXT) {
		char *edit = cJSON_PrintUnformatted(op->edit);
		buf_str(out, " rev=");
		buf_int(out, op->rev);
		buf_char(out, ' ');
		buf_str(out, edit);
		free(edit);
		return;
	}
	for (int f = 0; f < spec->field_count; f++) {
		if (!(op->mask & (1u << f)) || (op->type == OP_PUT && value_is_zero(spec->fields[f].type, &op->values[f])))
			continue;
		buf_char(out, ' ');
		buf_str(out, spec->fields[f].name);
		buf_char(out, '=');
		if (field_type_is_string(spec->fields[f].type))
			write_word(out, op->values[f].s, op->values[f].n, named);
		else
			buf_int(out, op->values[f].i);
	}
}

/* Every sentence that is said is in the catalogue. */
static inline void check_sentence(const struct refused *refused)
{
	static cJSON *sentences;
	char text[64 * 1024];

	if (!sentences) {
		FILE *file = fopen("proto/sentences/en.json", "rb");
		assert_non_null(file);
		text[fread(text, 1, sizeof text - 1, file)] = 0;
		fclose(file);
		sentences = cJSON_Parse(text);
		assert_non_null(sentences);
	}
	if (!cJSON_GetObjectItemCaseSensitive(sentences, refused->say ? refused->say : refusal_codes[refused->code]))
		fail_msg("no sentence for %s", refused->say ? refused->say : refusal_codes[refused->code]);
}

/* {"state":"shown"} is written as "shown", other results as they are, but for ids. */
static inline void write_result(struct buf *out, const struct buf *result, struct named_ids *named)
{
	static const char state[] = "\"state\":\"";
	size_t head = strlen(state);

	if (!result->n)
		return;
	buf_str(out, " -> ");
	if (!strncmp(result->s, state, head)) {
		buf_add(out, result->s + head, result->n - head - 1);
		return;
	}
	for (size_t i = 0; i < result->n;) {
		size_t n = result->s[i] == '"' ? strcspn(result->s + i + 1, "\"") : 0;
		if (result->s[i] != '"') {
			buf_char(out, result->s[i++]);
			continue;
		}
		write_word(out, result->s + i + 1, n, named);
		i += n + 2;
	}
}

static inline void write_outcome(struct buf *out, const struct decision *decision)
{
	struct named_ids named = { .count = 0 };

	if (decision->refused) {
		buf_str(out, "no ");
		buf_str(out, refusal_codes[decision->why.code]);
		if (decision->why.say) {
			buf_char(out, ' ');
			buf_str(out, decision->why.say);
		}
		check_sentence(&decision->why);
		assert_int_equal(decision->op_count, 0);
		assert_int_equal(decision->document_count, 0);
		return;
	}
	for (size_t o = 0; o < decision->op_count; o++) {
		buf_str(out, o ? ", " : "");
		if (decision->ops[o].into) {
			buf_int(out, (int64_t)decision->ops[o].into);
			buf_char(out, '/');
		}
		write_op(out, &decision->ops[o].op, &named);
	}
	write_result(out, &decision->result, &named);
}

/* ---- documents as a whole ---- */

/* Owned. */
static inline struct doc *copy_of(const struct doc *doc)
{
	struct doc *copy = doc_new();
	struct op op;

	for (const struct object *o = doc_first(doc); o; o = object_next(o)) {
		op_of_object(&op, o);
		doc_apply(copy, &op);
	}
	return copy;
}

static inline bool is_content(const struct object *object)
{
	return is_live(object) && !(object->kind == KIND_TYPE && !*object_str(object, TYPE_NAME));
}

/* Content, place and links: everything of what is there but the counters of edits. */
static inline void check_same(const struct doc *now, const struct doc *then)
{
	const struct doc *const docs[] = { now, then };

	for (int d = 0; d < 2; d++)
		for (const struct object *o = doc_first(docs[d]); o; o = object_next(o)) {
			if (!is_content(o))
				continue;
			const struct object *p = doc_find(docs[!d], o->id);
			if (!p || !is_content(p))
				fail_msg("%s is there only %s", o->id, d ? "then" : "now");
			field_mask fields = o->kind == KIND_NOTE ? ~(1u << NOTE_REV) : ~(field_mask)0;
			struct buf a = { 0 }, b = { 0 };
			object_write(&a, o, fields);
			object_write(&b, p, fields);
			if (strcmp(a.s, b.s) != 0)
				fail_msg("%s\n%s", a.s, b.s);
			buf_release(&a);
			buf_release(&b);
		}
}

static inline void put(struct doc *doc, const struct op *op)
{
	doc_apply(doc, op);
}

/* "note n1 text=abc box=seg": an object of that kind; words as in commands. */
static inline void put_words(struct doc *doc, const char *text)
{
	char copy[512];
	struct op op;

	strcpy(copy, text);
	char *word = strtok(copy, " "), *id = strtok(NULL, " ");
	enum kind kind = kind_by_name(word);
	if (kind == KIND_NONE)
		fail_msg("no kind %s", word);
	op_init(&op, OP_PUT, kind, id);
	while ((word = strtok(NULL, " "))) {
		char *value = strchr(word, '=');
		*value++ = 0;
		int f = kind_field(kind, word);
		if (f < 0)
			fail_msg("%s has no field %s", kind_specs[kind].name, word);
		for (char *c = value; *c; c++)
			if (*c == '/' || *c == '+')
				*c = *c == '/' ? '\n' : ' ';
		if (field_type_is_string(kind_specs[kind].fields[f].type))
			op_str(&op, f, value);
		else
			op_int(&op, f, atoll(value));
	}
	doc_apply(doc, &op);
}

#endif
