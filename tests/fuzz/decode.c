/* What a client makes of a server's messages, whatever they are: a line each, first byte '.' for the terminal client's model, anything else for a bare document. */
#include "tests/fuzz/fuzz.h"

#include "client-cli/model.h"
#include "proto/json.h"

static struct digest sum_of(const struct doc *doc)
{
	struct digest sum = { 0, 0 };

	for (const struct object *object = doc_first(doc); object; object = object_next(object))
		digest_add(&sum, object_digest(object, ~(field_mask)0));
	return sum;
}

/* Every object is what its written form says. */
static void check_objects(const struct doc *doc)
{
	struct buf text = { 0 };

	for (const struct object *object = doc_first(doc); object; object = object_next(object)) {
		enum json_verdict verdict;
		struct op op;
		buf_reset(&text);
		object_write(&text, object, ~(field_mask)0);
		cJSON *json = json_parse(text.s, text.n, &json_limits_server, &verdict);
		assert(json && op_read_object(json, &op) && !strcmp(op.id, object->id) && op.kind == object->kind && op.mask == object_mask(object));
		cJSON_Delete(json);
		assert(doc_find(doc, object->id) == object);
	}
	buf_release(&text);
}

/* An op, and its twin that went over the wire, change two equal documents in the same way. */
static void apply_twice(struct doc *here, struct doc *there, const cJSON *json)
{
	struct op op, copy;
	struct buf text = { 0 };
	enum json_verdict verdict;

	if (!op_read(json, here, &op))
		return;
	op_write(&text, &op, op.kind, ~(field_mask)0);
	cJSON *twin = json_parse(text.s, text.n, &json_limits_server, &verdict);
	assert(twin && op_read(twin, there, &copy));
	doc_apply(here, &op);
	doc_apply(there, &copy);
	assert(doc_count(here) == doc_count(there) && digest_equal(sum_of(here), sum_of(there)));
	cJSON_Delete(twin);
	buf_release(&text);
}

static cJSON *parse_line(struct fuzz_input line)
{
	char *text = fuzz_exact(line.at, line.n);
	enum json_verdict verdict;
	cJSON *json = json_parse(text, line.n, &json_limits_server, &verdict);

	free(text);
	return json;
}

static void check_document(struct fuzz_input in)
{
	struct doc *here = doc_new(), *there = doc_new();

	while (in.n) {
		cJSON *json = parse_line(fuzz_until(&in, '\n'));
		apply_twice(here, there, json);
		cJSON_Delete(json);
	}
	check_objects(here);
	doc_free(here);
	doc_free(there);
}

static void check_picture(const struct model *model)
{
	struct picture picture = { 0 };

	picture_make(&picture, model, NULL);
	for (size_t p = 0; p < picture.post_count; p++)
		assert(picture.posts[p].id && picture.posts[p].words.part[PART_HELPS] && picture.posts[p].section_order <= picture.section_count);
	assert(picture.live_count <= picture.post_count);
	picture_release(&picture);
}

static void check_model(struct fuzz_input in)
{
	struct model model;
	struct buf out = { 0 };

	model_init(&model);
	while (in.n) {
		cJSON *json = parse_line(fuzz_until(&in, '\n'));
		const char *type;
		size_t n;
		struct replica *where;
		if (json_str(json, "t", &type, &n) && !strcmp(type, "welcome"))
			model_welcome(&model, json);
		else if (json_str(json, "t", &type, &n) && model_take(&model, type, json, &where) >= MODEL_REOPEN)
			model_open(where, &out);
		cJSON_Delete(json);
	}
	check_objects(model.class_doc.shared);
	check_objects(model.wall.shared);
	check_objects(model.wall.mine);
	check_picture(&model);
	buf_release(&out);
	model_release(&model);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct fuzz_input in = { data, n };

	if (fuzz_byte(&in) == '.')
		check_model(in);
	else
		check_document((struct fuzz_input){ data, n });
	return 0;
}
