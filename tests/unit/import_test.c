/* Canvas files on their way into a class, without any socket: who may, what is waited for, and what happens when the store fails meanwhile. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "proto/gen/templates.h"
#include "proto/template.h"
#include "server/room/request.h"
#include "tests/unit/hub_fixture.h"

/* What the callback said, once. */
struct told {
	int calls;
	enum refusal code;
	char say[40];
	enum store_result result;
	char document[ID_CHARS + 1];
};

static void on_import(const struct refused *refused, enum store_result result, const char *document, void *ctx)
{
	struct told *told = ctx;

	told->calls++;
	told->code = refused ? refused->code : REFUSAL_NONE;
	snprintf(told->say, sizeof told->say, "%s", refused && refused->say ? refused->say : "");
	told->result = result;
	snprintf(told->document, sizeof told->document, "%s", document ? document : "");
	assert_int_equal(document != NULL, !refused && result == STORE_DURABLE);
}

static const char text[] =
	"{\"forwhom\":\"canvas\",\"version\":1,\"key\":\"mine\",\"title\":\"Mine\",\"columns\":2,\"rows\":1,\"boxes\":["
	"{\"key\":\"a\",\"title\":\"A\",\"col\":1,\"row\":1,\"w\":1,\"h\":1,\"order\":1,\"links\":[{\"to\":\"b\",\"as\":\"a-b\"}]},{\"key\":\"b\",\"title\":\"B\",\"col\":2,\"row\":1,\"w\":1,\"h\":1,\"order\":2}],"
	"\"types\":[{\"number\":2,\"name\":\"Payers\"}],"
	"\"notes\":[{\"id\":\"AAAAAAAAAAAAAAAAAAAAAA\",\"box\":\"a\",\"text\":\"nurses\",\"type\":2},{\"id\":\"BBBBBBBBBBBBBBBBBBBBBA\",\"box\":\"b\",\"text\":\"sleep\"}],"
	"\"links\":[{\"from\":\"AAAAAAAAAAAAAAAAAAAAAA\",\"to\":\"BBBBBBBBBBBBBBBBBBBBBA\",\"as\":\"a-b\"}]}";

static struct template read_canvas(void)
{
	struct template canvas;
	struct template_fault fault;

	if (!template_read(text, strlen(text), &canvas, &fault))
		fail_msg("line %d: %s", fault.line, fault.reason);
	return canvas;
}

static void import_with(struct import_request request, struct told *told)
{
	struct template canvas = read_canvas();

	request.canvas = &canvas;
	*told = (struct told){ 0 };
	hub_import(fix.hub, &request, fix.now_ms, on_import, told);
	assert_int_equal(canvas.box_count, 0); /* taken, if it was done or not */
	template_release(&canvas);
}

static struct import_request usual(void)
{
	return (struct import_request){ .code = fix.code, .account_id = fix.account, .title = "", .team = "", .see = "" };
}

static void leave_for_long(void)
{
	wait_ms(90 * 1000);
	assert_int_equal(hub_stats(fix.hub).classes, 0);
}

static void it_is_done_once_it_is_durable(void **state)
{
	struct told told;

	(void)state;
	import_with(usual(), &told);
	hub_turn(fix.hub, fix.mono_ms);
	assert_int_equal(told.calls, 0);
	settle();
	assert_int_equal(told.calls, 1);
	assert_int_equal(told.code, REFUSAL_NONE);
	assert_int_equal(told.result, STORE_DURABLE);
	assert_true(id_is_valid(told.document, strlen(told.document)));

	struct fake_socket *olu = enter_instructor();
	say(olu, "{\"t\":\"open\",\"doc\":\"class\"}");
	assert_true(was_told(olu, told.document));
	assert_true(was_told(olu, "\"Mine\""));
	forget(olu);
	say(olu, "{\"t\":\"open\",\"doc\":\"%s\"}", told.document);
	assert_true(was_told(olu, "nurses"));
	assert_true(was_told(olu, "Payers"));
	assert_true(was_told(olu, "a-b"));
}

static void title_and_rights_are_as_asked(void **state)
{
	struct import_request request = usual();
	struct told told;

	(void)state;
	request.title = "Winter";
	request.see = "staff";
	import_with(request, &told);
	settle();
	struct fake_socket *ama = enter(1, "Ama"), *olu = enter_instructor();
	say(olu, "{\"t\":\"open\",\"doc\":\"class\"}");
	assert_true(was_told(olu, "Winter"));
	forget(olu);
	say(ama, "{\"t\":\"open\",\"doc\":\"%s\"}", told.document);
	expect_told(ama, "no", "not_found");
}

/* Those who have the class open see it come. */
static void others_are_told_at_once(void **state)
{
	struct fake_socket *ama = enter(1, "Ama");
	struct told told;

	(void)state;
	say(ama, "{\"t\":\"open\",\"doc\":\"class\"}");
	forget(ama);
	import_with(usual(), &told);
	assert_int_equal(told_count(ama), 0);
	settle();
	assert_true(was_told(ama, told.document));
}

static void the_class_is_loaded_first(void **state)
{
	struct told told[2];

	(void)state;
	leave_for_long();
	import_with(usual(), &told[0]);
	import_with(usual(), &told[1]);
	assert_int_equal(told[0].calls, 0);
	wait_ms(1000);
	settle();
	for (int i = 0; i < 2; i++) {
		assert_int_equal(told[i].calls, 1);
		assert_int_equal(told[i].code, REFUSAL_NONE);
		assert_int_equal(told[i].result, STORE_DURABLE);
	}
	assert_string_not_equal(told[0].document, told[1].document);
}

static void a_class_that_cannot_be_loaded_is_told_as_busy(void **state)
{
	struct told told;

	(void)state;
	leave_for_long();
	import_with(usual(), &told);
	memory_store_step(fix.store, STORE_UNAVAILABLE, false);
	assert_int_equal(told.calls, 1);
	assert_int_equal(told.code, REFUSE_BUSY);
	assert_int_equal(hub_stats(fix.hub).classes, 0);
}

/* Sanitizers see whether anything is left or freed twice. */
static void the_end_may_come_while_it_waits_for_its_class(void **state)
{
	struct told told;

	leave_for_long();
	import_with(usual(), &told);
	tear_down_hub(state);
	assert_int_equal(told.calls, 0);
	set_up_hub(state);
}

static void the_end_may_come_while_it_waits_for_the_disk(void **state)
{
	struct told told;

	import_with(usual(), &told);
	hub_turn(fix.hub, fix.mono_ms);
	import_with(usual(), &told);
	tear_down_hub(state);
	assert_int_equal(told.calls, 0);
	set_up_hub(state);
}

static void strangers_and_wrong_codes_are_refused(void **state)
{
	struct import_request request = usual();
	struct told told;

	(void)state;
	request.code = "2222222";
	import_with(request, &told);
	assert_int_equal(told.calls, 1);
	assert_int_equal(told.code, REFUSE_NOT_FOUND);
	assert_string_equal(told.say, "not_found.class");
	request = usual();
	request.account_id = "AAAAAAAAAAAAAAAAAAAAAA";
	import_with(request, &told);
	assert_int_equal(told.calls, 1);
	assert_int_equal(told.code, REFUSE_FORBIDDEN);
	request = usual();
	request.team = "AAAAAAAAAAAAAAAAAAAAAA";
	import_with(request, &told);
	assert_int_equal(told.calls, 1);
	assert_int_equal(told.code, REFUSE_NOT_FOUND);
	settle();
	assert_int_equal(told.calls, 1);
}

static void there_are_only_so_many_documents_and_imports(void **state)
{
	struct told told;

	(void)state;
	fix.limits.documents_per_class = 2; /* the wall, and one more */
	import_with(usual(), &told);
	settle();
	assert_int_equal(told.code, REFUSAL_NONE);
	import_with(usual(), &told);
	settle();
	assert_int_equal(told.code, REFUSE_QUOTA);
	assert_string_equal(told.say, "quota.documents");
	fix.limits.documents_per_class = 300;
	fix.limits.objects_per_document = 6; /* 1 + 2 boxes + 1 type + 2 notes + 1 link are 7 */
	import_with(usual(), &told);
	assert_int_equal(told.code, REFUSE_QUOTA);
	assert_string_equal(told.say, "quota.objects");
	fix.limits.objects_per_document = 7;
	import_with(usual(), &told);
	settle();
	assert_int_equal(told.code, REFUSAL_NONE);
	for (int i = 0; i < 1000 && told.code != REFUSE_RATE; i++)
		import_with(usual(), &told);
	assert_int_equal(told.code, REFUSE_RATE);
}

static void a_store_that_fails_leaves_nothing_behind(void **state)
{
	struct told told;

	(void)state;
	import_with(usual(), &told);
	hub_turn(fix.hub, fix.mono_ms);
	memory_store_step(fix.store, STORE_UNAVAILABLE, false);
	assert_int_equal(told.calls, 1);
	assert_int_equal(told.code, REFUSAL_NONE);
	assert_int_equal(told.result, STORE_UNAVAILABLE);
	settle();
	struct fake_socket *olu = enter_instructor();
	say(olu, "{\"t\":\"open\",\"doc\":\"class\"}");
	assert_false(was_told(olu, "\"Mine\""));

	import_with(usual(), &told);
	hub_turn(fix.hub, fix.mono_ms);
	memory_store_step(fix.store, STORE_UNKNOWN, true);
	assert_int_equal(told.calls, 1);
	assert_int_equal(told.result, STORE_UNKNOWN);
}

static void a_store_that_takes_nothing_is_not_asked(void **state)
{
	struct told told;

	(void)state;
	memory_store_set_fault(fix.store, STORE_FULL);
	wait_ms(1000);
	import_with(usual(), &told);
	assert_int_equal(told.calls, 1);
	assert_int_equal(told.code, REFUSAL_NONE);
	assert_int_equal(told.result, STORE_UNAVAILABLE);
	assert_int_equal(memory_store_pending(fix.store), 0);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up_hub, tear_down_hub)
	const struct CMUnitTest tests[] = {
		TEST(it_is_done_once_it_is_durable),
		TEST(title_and_rights_are_as_asked),
		TEST(others_are_told_at_once),
		TEST(the_class_is_loaded_first),
		TEST(a_class_that_cannot_be_loaded_is_told_as_busy),
		TEST(the_end_may_come_while_it_waits_for_its_class),
		TEST(the_end_may_come_while_it_waits_for_the_disk),
		TEST(strangers_and_wrong_codes_are_refused),
		TEST(there_are_only_so_many_documents_and_imports),
		TEST(a_store_that_fails_leaves_nothing_behind),
		TEST(a_store_that_takes_nothing_is_not_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
