/* Replicas of documents, and the picture laid over them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client-cli/model.h"
#include "proto/json.h"
#include <sodium.h>
#include <stdio.h>

#define ME "AAAAAAAAAAAAAAAAAAAAAA"
#define OTHER "BBBBBBBBBBBBBBBBBBBBBA"
#define WALL "wwwwwwwwwwwwwwwwwwwwww"

struct fixture {
	struct model model;
	struct journal journal;
	struct picture picture;
	struct replica *where;
};

/* Messages are written here with ' for ". */
static cJSON *message(const char *text)
{
	char *json = strdup(text);
	for (char *p = json; *p; p++)
		*p = *p == '\'' ? '"' : *p;
	enum json_verdict verdict;
	cJSON *out = json_parse(json, strlen(json), &json_limits_server, &verdict);
	if (!out)
		fail_msg("not a message: %s", json);
	free(json);
	return out;
}

static enum model_verdict take(struct fixture *f, const char *text)
{
	cJSON *json = message(text);
	const char *type;
	size_t n;
	assert_true(json_str(json, "t", &type, &n));
	enum model_verdict verdict = model_take(&f->model, type, json, &f->where);
	cJSON_Delete(json);
	return verdict;
}

static void opened(struct replica *replica, const char *expected)
{
	struct buf out = { 0 };
	model_open(replica, NULL, &out);
	assert_string_equal(out.s, expected);
	buf_release(&out);
}

static const char wall_snapshot[] =
	"{'t':'snapshot','doc':'" WALL "','epoch':2,'at':10,'part':0,'last':true,'objects':["
	"{'id':'wall','kind':'wall','fields':{'prompt':'For whom?','names':'named'}},"
	"{'id':'section2','kind':'section','fields':{'title':'Food','pos':'a1'}},"
	"{'id':'section1','kind':'section','fields':{'title':'Health','pos':'a0'}},"
	"{'id':'post3','kind':'post','fields':{'for':'three','section':'section2','pos':'a0','state':'shown','version':1,'author':'" OTHER "'}},"
	"{'id':'post2','kind':'post','fields':{'for':'two','section':'section1','pos':'a1','state':'shown','version':1,'author':'" ME "'}},"
	"{'id':'post1','kind':'post','fields':{'for':'one','section':'section1','pos':'a0','state':'shown','version':1,'author':'" OTHER "'}}]}";

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	*state = f;
	f->journal.fd = -1;
	model_init(&f->model);
	cJSON *welcome = message("{'t':'welcome','v':1,'class':'KXR4HTM','me':'" ME "','role':'member','start':'" WALL "'}");
	assert_true(sodium_init() >= 0 && model_welcome(&f->model, welcome));
	cJSON_Delete(welcome);
	opened(&f->model.class_doc, "{\"t\":\"open\",\"doc\":\"class\"}");
	opened(&f->model.wall, "{\"t\":\"open\",\"doc\":\"" WALL "\"}");
	assert_int_equal(take(f, "{'t':'snapshot','doc':'class','epoch':0,'at':3,'part':0,'last':true,'objects':["
				 "{'id':'class','kind':'class','fields':{'title':'Entre','code':'KXR4HTM'}},{'id':'" ME "','kind':'member','fields':{'name':'Ama','role':'member'}},"
				 "{'id':'" OTHER "','kind':'member','fields':{'name':'Kofi','role':'member'}}]}"), MODEL_CHANGED);
	assert_int_equal(take(f, wall_snapshot), MODEL_CHANGED);
	assert_false(model_is_ready(&f->model));
	assert_int_equal(take(f, "{'t':'mine','doc':'class','n':0,'at':3,'whole':true,'objects':[],'gone':[]}"), MODEL_CHANGED);
	assert_false(model_is_ready(&f->model));
	assert_int_equal(take(f, "{'t':'mine','doc':'" WALL "','n':1,'whole':true,'objects':[],'gone':[]}"), MODEL_CHANGED);
	assert_true(model_is_ready(&f->model));
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	picture_release(&f->picture);
	journal_close(&f->journal);
	model_release(&f->model);
	free(f);
	return 0;
}

static void order(struct fixture *f, const char *expected)
{
	struct buf ids = { 0 };
	picture_make(&f->picture, &f->model, &f->journal);
	for (size_t i = 0; i < f->picture.post_count; i++) {
		buf_str(&ids, f->picture.posts[i].id);
		buf_str(&ids, *f->picture.posts[i].deleted ? "(gone) " : " ");
	}
	assert_string_equal(buf_cstr(&ids), expected);
	buf_release(&ids);
}

static void posts_stand_by_section_and_position(void **state)
{
	struct fixture *f = *state;
	order(f, "post1 post2 post3 ");
	assert_string_equal(f->picture.sections[0].title, "Health");
	assert_string_equal(f->picture.posts[0].author_name, "Kofi");
	assert_true(f->picture.posts[1].own);
	assert_int_equal(take(f, "{'t':'ops','doc':'" WALL "','epoch':2,'at':12,'ops':[{'op':'set','id':'section2','fields':{'pos':'Zz'}},{'op':'set','id':'post1','fields':{'pos':'a5'}}]}"), MODEL_CHANGED);
	order(f, "post3 post2 post1 ");
	/* A removed section keeps its posts: they stand under none, in front. */
	assert_int_equal(take(f, "{'t':'ops','doc':'" WALL "','epoch':3,'at':13,'ops':[{'op':'del','id':'section1'}]}"), MODEL_CHANGED);
	order(f, "post2 post1 post3 ");
	assert_string_equal(f->picture.posts[0].section, "");
}

static void a_gap_is_noticed_and_the_document_opened_again_from_what_is_there(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(take(f, "{'t':'ops','doc':'" WALL "','epoch':2,'at':12,'ops':[{'op':'set','id':'post1','fields':{'for':'late'}}]}"), MODEL_REOPEN);
	assert_ptr_equal(f->where, &f->model.wall);
	assert_int_equal(f->model.wall.at, 10);
	assert_string_equal(object_str(doc_find(f->model.wall.shared, "post1"), POST_FOR), "one");
	opened(f->where, "{\"t\":\"open\",\"doc\":\"" WALL "\",\"epoch\":2,\"at\":10}");
	/* What was under way before the answer comes is late, no second gap. */
	assert_int_equal(take(f, "{'t':'ops','doc':'" WALL "','epoch':2,'at':13,'ops':[{'op':'set','id':'post1','fields':{'for':'later'}}]}"), MODEL_SAME);
	assert_int_equal(take(f, "{'t':'ops','doc':'" WALL "','epoch':4,'at':13,'ops':[{'op':'set','id':'post1','fields':{'for':'x'}},{'op':'del','id':'post3'},{'op':'set','id':'post1','fields':{'for':'now'}}]}"), MODEL_CHANGED);
	assert_int_equal(f->model.wall.at, 13);
	assert_int_equal(f->model.wall.epoch, 4);
	order(f, "post1 post2 ");
	assert_string_equal(f->picture.posts[0].words.part[PART_FOR], "now");
}

static void what_is_told_twice_is_taken_once(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(take(f, "{'t':'ops','doc':'" WALL "','epoch':2,'at':10,'ops':[{'op':'del','id':'post1'}]}"), MODEL_SAME);
	assert_non_null(doc_find(f->model.wall.shared, "post1"));
	assert_int_equal(take(f, "{'t':'ops','doc':'" WALL "','epoch':2,'at':11,'ops':[{'op':'del','id':'post1'},{'op':'set','id':'post1','fields':{'for':'new'}}]}"), MODEL_CHANGED);
	assert_string_equal(object_str(doc_find(f->model.wall.shared, "post1"), POST_FOR), "new");
	assert_int_equal(f->model.wall.at, 11);
}

static void a_wrong_digest_drops_the_document(void **state)
{
	struct fixture *f = *state;
	struct digest sum = { 0 };
	char hex[DIGEST_HEX_CHARS + 1], text[300];
	for (const struct object *o = doc_first(f->model.wall.shared); o; o = object_next(o))
		digest_add(&sum, object_digest(o, object_mask(o)));
	digest_hex(sum, hex);
	snprintf(text, sizeof text, "{'t':'ops','doc':'" WALL "','epoch':2,'at':10,'ops':[],'sum':'%s'}", hex);
	assert_int_equal(take(f, text), MODEL_CHANGED);
	/* The overlay has no part in it. */
	assert_int_equal(take(f, "{'t':'mine','doc':'" WALL "','n':2,'whole':false,'objects':[{'id':'postH','kind':'post','fields':{'state':'held','author':'" ME "'}}],'gone':[]}"), MODEL_CHANGED);
	assert_int_equal(take(f, text), MODEL_CHANGED);
	snprintf(text, sizeof text, "{'t':'ops','doc':'" WALL "','epoch':2,'at':11,'ops':[{'op':'set','id':'post1','fields':{'for':'drifted'}}],'sum':'%s'}", hex);
	assert_int_equal(take(f, text), MODEL_ANEW);
	assert_int_equal(doc_count(f->model.wall.shared), 0);
	opened(f->where, "{\"t\":\"open\",\"doc\":\"" WALL "\"}");
}

static void a_snapshot_in_parts_replaces_only_when_complete(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(take(f, "{'t':'snapshot','doc':'" WALL "','epoch':5,'at':30,'part':0,'objects':[{'id':'postA','kind':'post','fields':{'for':'a'}}]}"), MODEL_SAME);
	order(f, "post1 post2 post3 ");
	assert_int_equal(take(f, "{'t':'snapshot','doc':'" WALL "','epoch':5,'at':30,'part':1,'objects':[{'id':'postB','kind':'post','fields':{'for':'b','pos':'b'}}],'last':true}"), MODEL_CHANGED);
	order(f, "postA postB ");
	assert_int_equal(f->model.wall.at, 30);
	assert_int_equal(take(f, "{'t':'snapshot','doc':'" WALL "','epoch':5,'at':31,'part':0,'objects':[]}"), MODEL_SAME);
	assert_int_equal(take(f, "{'t':'snapshot','doc':'" WALL "','epoch':5,'at':31,'part':2,'objects':[],'last':true}"), MODEL_ANEW);
}

static void the_overlay_shadows_and_counts(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(take(f, "{'t':'mine','doc':'" WALL "','n':2,'whole':false,'objects':[{'id':'post2','kind':'post','fields':{'for':'two, hidden','section':'section1','pos':'a1','state':'hidden','author':'" ME "'}}],'gone':[]}"), MODEL_CHANGED);
	order(f, "post1 post2 post3 ");
	assert_string_equal(f->picture.posts[1].state, "hidden");
	assert_int_equal(take(f, "{'t':'mine','doc':'" WALL "','n':3,'whole':false,'objects':[],'gone':['post2']}"), MODEL_CHANGED);
	order(f, "post1 post2 post3 ");
	assert_string_equal(f->picture.posts[1].state, "shown");
	assert_int_equal(take(f, "{'t':'mine','doc':'" WALL "','n':5,'whole':false,'objects':[],'gone':[]}"), MODEL_REOPEN);
	assert_int_equal(take(f, "{'t':'mine','doc':'" WALL "','n':9,'whole':true,'objects':[{'id':'post9','kind':'post','fields':{'state':'held','pos':'z','author':'" ME "'}}],'gone':[]}"), MODEL_CHANGED);
	order(f, "post9 post1 post2 post3 ");
	assert_int_equal(f->picture.waiting, 1);
}

static struct change *give(struct fixture *f, const char *name, const char *args)
{
	return journal_add(&f->journal, WALL, name, message(args));
}

static void what_is_pending_is_seen_at_once(void **state)
{
	struct fixture *f = *state;
	struct change *add = give(f, "post.add", "{'id':'mine1','for':'new','section':'section1','names':'named'}");
	give(f, "post.edit", "{'id':'post2','version':1,'for':'two, better'}");
	give(f, "post.delete", "{'id':'post3'}");
	order(f, "post1 post2 mine1 post3(gone) ");
	assert_int_equal(f->picture.unanswered, 3);
	assert_string_equal(f->picture.posts[1].words.part[PART_FOR], "two, better");
	assert_int_equal(f->picture.posts[1].pending, PENDING_KEPT);
	assert_true(f->picture.posts[2].own);
	assert_string_equal(f->picture.posts[2].author_name, "Ama");
	assert_int_equal(f->picture.posts[0].pending, PENDING_NONE);
	/* Once its effect has arrived, the change lays nothing over it any more. */
	assert_int_equal(take(f, "{'t':'ops','doc':'" WALL "','epoch':2,'at':11,'ops':[{'op':'put','id':'mine1','kind':'post','fields':{'for':'new!','section':'section1','pos':'a3','state':'shown','author':'" ME "'}}]}"), MODEL_CHANGED);
	order(f, "post1 post2 mine1 post3(gone) ");
	assert_string_equal(f->picture.posts[2].words.part[PART_FOR], "new!");
	assert_int_equal(f->picture.posts[2].pending, PENDING_NONE);
	journal_drop(&f->journal, add);
	order(f, "post1 post2 mine1 post3(gone) ");
}

static void refused_words_stay_in_sight(void **state)
{
	struct fixture *f = *state;
	struct change *add = give(f, "post.add", "{'id':'mine1','for':'new'}");
	cJSON *no = message("{'t':'no','code':'frozen','say':'frozen','args':{}}");
	journal_refuse(&f->journal, add, no);
	cJSON_Delete(no);
	order(f, "mine1 post1 post2 post3 ");
	assert_int_equal(f->picture.posts[0].pending, PENDING_REFUSED);
	assert_ptr_equal(f->picture.posts[0].change, add);
	assert_int_equal(f->picture.refused, 1);
	assert_int_equal(f->picture.unanswered, 0);
}

static void unknown_things_are_ignored(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(take(f, "{'t':'weather','doc':'" WALL "','who':[]}"), MODEL_SAME);
	assert_int_equal(take(f, "{'t':'ops','doc':'elsewhere','epoch':1,'at':1,'ops':[]}"), MODEL_SAME);
	assert_int_equal(take(f, "{'t':'ops','doc':'" WALL "','epoch':2,'at':13,'ops':[{'op':'put','id':'canvas1','kind':'hologram','fields':{'x':1}},{'op':'set','id':'nobody','fields':{'for':'x'}},"
				 "{'op':'set','id':'post1','fields':{'sparkle':true,'for':'uno'}}]}"), MODEL_CHANGED);
	order(f, "post1 post2 post3 ");
	assert_string_equal(f->picture.posts[0].words.part[PART_FOR], "uno");
}

static void reload_and_notice_are_heard(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(take(f, "{'t':'notice','readonly':true,'say':'readonly.full','args':{}}"), MODEL_CHANGED);
	order(f, "post1 post2 post3 ");
	assert_true(f->picture.readonly);
	assert_string_equal(f->picture.readonly_say, "readonly.full");
	assert_int_equal(take(f, "{'t':'notice','readonly':false,'args':{}}"), MODEL_CHANGED);
	assert_int_equal(take(f, "{'t':'reload','doc':'" WALL "'}"), MODEL_ANEW);
	order(f, "");
	assert_false(f->picture.readonly);
}

static void posts_are_found_by_the_beginning_of_their_id(void **state)
{
	struct fixture *f = *state;
	const struct wall_post *post;
	const struct object *section;
	order(f, "post1 post2 post3 ");
	assert_int_equal(picture_find_post(&f->picture, "post1", &post), 1);
	assert_string_equal(post->id, "post1");
	assert_int_equal(picture_find_post(&f->picture, "post", &post), 3);
	assert_int_equal(picture_find_post(&f->picture, "pos", &post), 0);
	assert_int_equal(picture_find_post(&f->picture, "posts", &post), 0);
	assert_int_equal(model_find_section(&f->model, "food", false, &section), 1);
	assert_string_equal(section->id, "section2");
	assert_int_equal(model_find_section(&f->model, "sect", false, &section), 2);
	assert_int_equal(model_find_section(&f->model, "food", true, &section), 0);
}

static void a_newer_server_is_not_held_to_digests(void **state)
{
	struct fixture *f = *state;
	static const char unknown[] = "{'t':'ops','doc':'class','epoch':0,'at':4,'ops':[{'op':'put','id':'new','kind':'hologram','fields':{'depth':3}}],'sum':'0123456789abcdef'}";
	cJSON *newer = message("{'t':'welcome','minor':2,'me':'" ME "','role':'member','start':'" WALL "'}");
	assert_true(model_welcome(&f->model, newer));
	assert_int_equal(take(f, unknown), MODEL_CHANGED);
	assert_true(model_is_ready(&f->model));
	cJSON_Delete(newer);
}

static void an_old_snapshot_is_not_ready_before_the_ops_behind_it(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(take(f, "{'t':'mine','doc':'class','n':0,'at':4,'whole':true,'objects':[],'gone':[]}"), MODEL_CHANGED);
	assert_false(model_is_ready(&f->model));
	assert_int_equal(take(f, "{'t':'ops','doc':'class','epoch':0,'at':4,'ops':[{'op':'set','id':'class','fields':{'frozen':true}}]}"), MODEL_CHANGED);
	assert_true(model_is_ready(&f->model));
}

static void another_view_starts_from_nothing(void **state)
{
	struct fixture *f = *state;
	cJSON *same = message("{'t':'welcome','me':'" ME "','role':'member','start':'" WALL "'}"), *staff = message("{'t':'welcome','me':'" ME "','role':'owner','start':'" WALL "'}");
	assert_true(model_welcome(&f->model, same));
	assert_true(model_is_ready(&f->model));
	assert_true(model_welcome(&f->model, staff));
	assert_false(model_is_ready(&f->model));
	cJSON_Delete(same);
	cJSON_Delete(staff);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(posts_stand_by_section_and_position, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_gap_is_noticed_and_the_document_opened_again_from_what_is_there, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_told_twice_is_taken_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_wrong_digest_drops_the_document, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_snapshot_in_parts_replaces_only_when_complete, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_overlay_shadows_and_counts, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_pending_is_seen_at_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(refused_words_stay_in_sight, set_up, tear_down),
		cmocka_unit_test_setup_teardown(unknown_things_are_ignored, set_up, tear_down),
		cmocka_unit_test_setup_teardown(reload_and_notice_are_heard, set_up, tear_down),
		cmocka_unit_test_setup_teardown(posts_are_found_by_the_beginning_of_their_id, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_newer_server_is_not_held_to_digests, set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_old_snapshot_is_not_ready_before_the_ops_behind_it, set_up, tear_down),
		cmocka_unit_test_setup_teardown(another_view_starts_from_nothing, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
