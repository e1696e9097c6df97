/*
 * Canvas files. Refusals are told as changes of one file that is in order: each case replaces a piece of it, and what
 * comes back must be the right code on the right line.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <time.h>

#include "proto/gen/templates.h"
#include "proto/json.h"
#include "proto/template.h"
#include "tests/unit/vectors.h"

#define NOTE_A "AAAAAAAAAAAAAAAAAAAAAA"
#define NOTE_B "BBBBBBBBBBBBBBBBBBBBBA"
#define NOTE_C "CCCCCCCCCCCCCCCCCCCCCA"
#define NOTE_D "DDDDDDDDDDDDDDDDDDDDDA"
#define NOTE_X "XXXXXXXXXXXXXXXXXXXXXA"

/* The file that the cases change. Its lines are counted in `line` below. */
static const char base[] =
	"{ \"forwhom\": \"canvas\", \"version\": 1,\n"                                                          /* 1 */
	"  \"key\": \"small\", \"title\": \"Small canvas\",\n"                                                  /* 2 */
	"  \"credits\": \"Nobody\",\n"                                                                          /* 3 */
	"  \"columns\": 6, \"rows\": 2,\n"                                                                      /* 4 */
	"  \"boxes\": [\n"                                                                                      /* 5 */
	"    { \"key\": \"people\", \"title\": \"People\", \"col\": 1, \"row\": 1, \"w\": 2, \"h\": 2, \"order\": 1,\n" /* 6 */
	"      \"questions\": [\"Who?\",\n"                                                                     /* 7 */
	"                    \"Whose?\"],\n"                                                                    /* 8 */
	"      \"tip\": \"Be  specific.\\n\\tSay it.\",\n"                                                      /* 9 */
	"      \"tags\": [\"core\",\n"                                                                          /* 10 */
	"               \"other\"],\n"                                                                          /* 11 */
	"      \"links\": [{ \"to\": \"people\", \"as\": \"part-of\" },\n"                                      /* 12 */
	"                { \"to\": \"needs\", \"as\": \"person-need\" }],\n"                                    /* 13 */
	"      \"parts\": [\"for\"] },\n"                                                                       /* 14 */
	"    { \"key\": \"needs\", \"title\": \"Needs\", \"col\": 3, \"row\": 1, \"w\": 3, \"h\": 1, \"order\": 3,\n"   /* 15 */
	"      \"parts\": [\"who\", \"offer\"] },\n"                                                            /* 16 */
	"    { \"key\": \"rest\", \"title\": \"Rest\", \"col\": 3, \"row\": 2, \"w\": 1, \"h\": 1, \"order\": 2 }\n"    /* 17 */
	"  ],\n"                                                                                                /* 18 */
	"  \"types\": [{ \"number\": 1, \"name\": \"Payers\" },\n"                                              /* 19 */
	"            { \"number\": 8, \"name\": \"Users\" }],\n"                                                /* 20 */
	"  \"notes\": [\n"                                                                                      /* 21 */
	"    { \"id\": \"" NOTE_A "\", \"box\": \"people\", \"text\": \"nurses\", \"type\": 1,\n"               /* 22 */
	"      \"tags\": [\"other\",\n"                                                                         /* 23 */
	"               \"core\"], \"author\": \"Ama O.\" },\n"                                                 /* 24 */
	"    { \"id\": \"" NOTE_B "\", \"box\": \"people\", \"text\": \"on nights\" },\n"                       /* 25 */
	"    { \"id\": \"" NOTE_C "\", \"box\": \"people\", \"text\": \"in Kumasi\\n  and Accra\" },\n"         /* 26 */
	"    { \"id\": \"" NOTE_D "\", \"box\": \"needs\", \"text\": \"\", \"type\": 5 }\n"                     /* 27 */
	"  ],\n"                                                                                                /* 28 */
	"  \"links\": [\n"                                                                                      /* 29 */
	"    { \"from\": \"" NOTE_B "\", \"to\": \"" NOTE_A "\", \"as\": \"part-of\" },\n"                      /* 30 */
	"    { \"from\": \"" NOTE_C "\", \"to\": \"" NOTE_B "\", \"as\": \"part-of\" },\n"                      /* 31 */
	"    { \"from\": \"" NOTE_A "\", \"to\": \"" NOTE_D "\", \"as\": \"person-need\" }\n"                   /* 32 */
	"  ]\n"                                                                                                 /* 33 */
	"}\n";                                                                                                  /* 34 */

#define X10 "xxxxxxxxxx"
#define X50 X10 X10 X10 X10 X10
#define X100 X50 X50
#define X1000 X100 X100 X100 X100 X100 X100 X100 X100 X100 X100
#define MARKS10 "\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81"

/* What is put in place of `find`, which is in the file exactly once. Code TEMPLATE_OK: it is still in order. */
static const struct broken {
	const char *name, *find, *put;
	enum template_code code;
	int line;
} cases[] = {
	/* Characters and grammar. */
	{ "byte order mark", "{ \"forwhom\"", "\xEF\xBB\xBF{ \"forwhom\"", TEMPLATE_BAD_JSON, 1 },
	{ "something in front", "{ \"forwhom\"", "\n\nx{ \"forwhom\"", TEMPLATE_BAD_JSON, 3 },
	{ "something behind", "  ]\n}\n", "  ]\n}\n\n{}", TEMPLATE_BAD_JSON, 36 },
	{ "byte of no character", "\"Small canvas\"", "\"Small \xFF canvas\"", TEMPLATE_BAD_UTF8, 2 },
	{ "overlong form", "\"Nobody\"", "\"\xC0\xAF\"", TEMPLATE_BAD_UTF8, 3 },
	{ "surrogate as bytes", "\"Nobody\"", "\"\xED\xA0\x80\"", TEMPLATE_BAD_UTF8, 3 },
	{ "half a pair escaped", "\"Nobody\"", "\"\\ud83d\"", TEMPLATE_BAD_UTF8, 3 },
	{ "second half first", "\"Nobody\"", "\"\\ude00\\ud83d\"", TEMPLATE_BAD_UTF8, 3 },
	{ "half a pair and a letter", "\"Nobody\"", "\"\\ud83d\\u0041\"", TEMPLATE_BAD_UTF8, 3 },
	{ "NUL escaped", "\"nurses\"", "\"nur\\u0000ses\"", TEMPLATE_BAD_UTF8, 22 },
	{ "escape of three digits", "\"Nobody\"", "\"\\u00e\"", TEMPLATE_BAD_JSON, 3 },
	{ "unknown escape", "\"Nobody\"", "\"\\x41\"", TEMPLATE_BAD_JSON, 3 },
	{ "line break within quotes", "\"Nobody\"", "\"No\nbody\"", TEMPLATE_BAD_JSON, 3 },
	{ "tab within quotes", "\"Nobody\"", "\"No\tbody\"", TEMPLATE_BAD_JSON, 3 },
	{ "apostrophes for quotes", "\"Nobody\"", "'Nobody'", TEMPLATE_BAD_JSON, 3 },
	{ "quote never closed", "\"person-need\" }\n  ]\n}\n", "\"person-need", TEMPLATE_BAD_JSON, 32 },
	{ "comma missing", "\"Nobody\",", "\"Nobody\"", TEMPLATE_BAD_JSON, 4 },
	{ "comma missing in a list", "\"Who?\",", "\"Who?\"", TEMPLATE_BAD_JSON, 8 },
	{ "comma before the end of a list", "\"Whose?\"]", "\"Whose?\",]", TEMPLATE_BAD_JSON, 8 },
	{ "comma before the end of an object", "\"order\": 2 }", "\"order\": 2, }", TEMPLATE_BAD_JSON, 17 },
	{ "colon missing", "\"credits\":", "\"credits\"", TEMPLATE_BAD_JSON, 3 },
	{ "key without quotes", "\"credits\":", "credits:", TEMPLATE_BAD_JSON, 3 },
	{ "comment", "\"credits\":", "/* who */ \"credits\":", TEMPLATE_BAD_JSON, 3 },
	{ "brackets crossed", "\"order\": 2 }", "\"order\": 2 ]", TEMPLATE_BAD_JSON, 17 },
	{ "fraction", "\"columns\": 6", "\"columns\": 6.0", TEMPLATE_BAD_JSON, 4 },
	{ "exponent", "\"columns\": 6", "\"columns\": 6e0", TEMPLATE_BAD_JSON, 4 },
	{ "zero in front", "\"columns\": 6", "\"columns\": 06", TEMPLATE_BAD_JSON, 4 },
	{ "minus zero", "\"columns\": 6", "\"columns\": -0", TEMPLATE_BAD_JSON, 4 },
	{ "minus alone", "\"columns\": 6", "\"columns\": -", TEMPLATE_BAD_JSON, 4 },
	{ "no value", "\"columns\": 6", "\"columns\": ", TEMPLATE_BAD_JSON, 4 },
	/* Keys. */
	{ "unknown key of the file", "\"credits\":", "\"colour\": 1,\n\"credits\":", TEMPLATE_UNKNOWN_KEY, 3 },
	{ "unknown key of a box", "\"tip\":", "\"tips\":", TEMPLATE_UNKNOWN_KEY, 9 },
	{ "unknown key of a link of a box", "{ \"to\": \"needs\"", "{ \"x\": 1, \"to\": \"needs\"", TEMPLATE_UNKNOWN_KEY, 13 },
	{ "unknown key of a type", "\"name\": \"Users\"", "\"label\": \"Users\"", TEMPLATE_UNKNOWN_KEY, 20 },
	{ "unknown key of a note", "\"author\":", "\"rev\":", TEMPLATE_UNKNOWN_KEY, 24 },
	{ "unknown key of a link", "\"as\": \"person-need\" }\n  ]", "\"id\": \"person-need\" }\n  ]", TEMPLATE_UNKNOWN_KEY, 32 },
	{ "key in capitals", "\"credits\":", "\"Credits\":", TEMPLATE_UNKNOWN_KEY, 3 },
	{ "key twice in the file", "\"credits\":", "\"key\": \"other\", \"credits\":", TEMPLATE_DUP_KEY, 3 },
	{ "key twice in a box", "\"tip\":", "\"tip\": \"\",\n\"tip\":", TEMPLATE_DUP_KEY, 10 },
	{ "key twice, once escaped", "\"credits\":", "\"\\u006bey\": \"other\", \"credits\":", TEMPLATE_DUP_KEY, 3 },
	{ "key twice in a note", "\"text\": \"nurses\"", "\"text\": \"nurses\", \"text\": \"\"", TEMPLATE_DUP_KEY, 22 },
	{ "no mark", "\"forwhom\": \"canvas\", ", "", TEMPLATE_MISSING_KEY, 1 },
	{ "no version", ", \"version\": 1", "", TEMPLATE_MISSING_KEY, 1 },
	{ "no key", "\"key\": \"small\", ", "", TEMPLATE_MISSING_KEY, 1 },
	{ "no columns", "\"columns\": 6, ", "", TEMPLATE_MISSING_KEY, 1 },
	{ "box without a title", "\"title\": \"Rest\", ", "", TEMPLATE_MISSING_KEY, 17 },
	{ "box without an order", ", \"order\": 2", "", TEMPLATE_MISSING_KEY, 17 },
	{ "box without a place", "\"col\": 3, \"row\": 2, ", "\"row\": 2, ", TEMPLATE_MISSING_KEY, 17 },
	{ "link of a box without a meaning", ", \"as\": \"person-need\" }],", " }],", TEMPLATE_MISSING_KEY, 13 },
	{ "type without a name", ", \"name\": \"Users\"", "", TEMPLATE_MISSING_KEY, 20 },
	{ "note without a box", "\"box\": \"needs\", ", "", TEMPLATE_MISSING_KEY, 27 },
	{ "note without text", "\"text\": \"\", ", "", TEMPLATE_MISSING_KEY, 27 },
	{ "link without an end", "\"to\": \"" NOTE_D "\", ", "", TEMPLATE_MISSING_KEY, 32 },
	/* Types. */
	{ "mark is a number", "\"canvas\",", "1,", TEMPLATE_BAD_TYPE, 1 },
	{ "title is a list", "\"Small canvas\"", "[]", TEMPLATE_BAD_TYPE, 2 },
	{ "credits are null", "\"Nobody\"", "null", TEMPLATE_BAD_TYPE, 3 },
	{ "number in quotes", "\"columns\": 6", "\"columns\": \"6\"", TEMPLATE_BAD_TYPE, 4 },
	{ "rows are true", "\"rows\": 2", "\"rows\": true", TEMPLATE_BAD_TYPE, 4 },
	{ "questions in one text", "\"questions\": [\"Who?\",\n                    \"Whose?\"]", "\"questions\": \"Who?\"", TEMPLATE_BAD_TYPE, 7 },
	{ "question is a number", "\"Whose?\"", "7", TEMPLATE_BAD_TYPE, 8 },
	{ "part is an object", "[\"for\"]", "[{}]", TEMPLATE_BAD_TYPE, 14 },
	{ "types are an object", "\"types\": [", "\"types\": {", TEMPLATE_BAD_TYPE, 19 },
	{ "note is a text", "    { \"id\": \"" NOTE_A "\"", "\"x\", { \"id\": \"" NOTE_A "\"", TEMPLATE_BAD_TYPE, 22 },
	/* Values. */
	{ "another format", "\"canvas\",", "\"wall\",", TEMPLATE_NOT_CANVAS, 1 },
	{ "a version to come", "\"version\": 1", "\"version\": 2", TEMPLATE_NOT_CANVAS, 1 },
	{ "no boxes at all", "\"boxes\": [", "\"boxes\": [],\n\"notes\": [", TEMPLATE_BAD_VALUE, 5 },
	{ "key in capitals", "\"small\"", "\"Small\"", TEMPLATE_BAD_VALUE, 2 },
	{ "key begins with a digit", "\"rest\"", "\"2rest\"", TEMPLATE_BAD_VALUE, 17 },
	{ "key of 25 characters", "\"rest\"", "\"" X10 X10 "abcde\"", TEMPLATE_BAD_VALUE, 17 },
	{ "key of 24 characters", "\"rest\"", "\"" X10 X10 "a-1e\"", TEMPLATE_OK, 0 },
	{ "empty title", "\"Small canvas\"", "\" \"", TEMPLATE_BAD_VALUE, 2 },
	{ "empty title of a box", "\"title\": \"Rest\"", "\"title\": \"\\t \\n\"", TEMPLATE_BAD_VALUE, 17 },
	{ "empty credits", "\"Nobody\"", "\"\"", TEMPLATE_OK, 0 },
	{ "empty question", "\"Whose?\"", "\"\"", TEMPLATE_BAD_VALUE, 8 },
	{ "empty tag", "\"core\",\n               \"other\"]", "\"core\",\n\"\"]", TEMPLATE_BAD_VALUE, 11 },
	{ "bell in a title", "\"Small canvas\"", "\"Small\\u0007\"", TEMPLATE_BAD_VALUE, 2 },
	{ "escape character in a tip", "Be  specific.", "\\u001b[31m", TEMPLATE_BAD_VALUE, 9 },
	{ "carriage return in a note", "\"nurses\"", "\"nur\\rses\"", TEMPLATE_BAD_VALUE, 22 },
	{ "marks piled up", "\"Small canvas\"", "\"a" MARKS10 MARKS10 MARKS10 "\xcc\x81\"", TEMPLATE_BAD_VALUE, 2 },
	{ "many marks", "\"Small canvas\"", "\"a" MARKS10 "b" MARKS10 "\"", TEMPLATE_OK, 0 },
	{ "grid of no columns", "\"columns\": 6", "\"columns\": 0", TEMPLATE_BAD_VALUE, 4 },
	{ "grid of 25 rows", "\"rows\": 2", "\"rows\": 25", TEMPLATE_BAD_VALUE, 4 },
	{ "grid of 24 rows", "\"rows\": 2", "\"rows\": 24", TEMPLATE_OK, 0 },
	{ "negative column", "\"col\": 3, \"row\": 2", "\"col\": -3, \"row\": 2", TEMPLATE_BAD_VALUE, 17 },
	{ "number beyond all", "\"columns\": 6", "\"columns\": 99999999999999999999999999", TEMPLATE_BAD_VALUE, 4 },
	{ "box without height", "\"w\": 1, \"h\": 1, \"order\": 2", "\"w\": 1, \"h\": 0, \"order\": 2", TEMPLATE_BAD_VALUE, 17 },
	{ "meaning with a space", "\"part-of\" },\n                {", "\"part of\" },\n{", TEMPLATE_BAD_VALUE, 12 },
	{ "meaning with a colon", "\"part-of\" },\n                {", "\"part:of\" },\n{", TEMPLATE_BAD_VALUE, 12 },
	{ "empty meaning", "\"person-need\" }\n  ]", "\"\" }\n  ]", TEMPLATE_BAD_VALUE, 32 },
	{ "meaning of 41 characters", "\"person-need\" }\n  ]", "\"" X10 X10 X10 X10 "x\" }\n  ]", TEMPLATE_BAD_VALUE, 32 },
	{ "meaning of 40 characters", "\"person-need\" }\n  ]", "\"" X10 X10 X10 X10 "\" }\n  ]", TEMPLATE_OK, 0 },
	{ "unknown part", "[\"for\"]", "[\"better\"]", TEMPLATE_BAD_VALUE, 14 },
	{ "type 0", "\"number\": 8", "\"number\": 0", TEMPLATE_BAD_VALUE, 20 },
	{ "type 9", "\"number\": 8", "\"number\": 9", TEMPLATE_BAD_VALUE, 20 },
	{ "note of type 9", "\"type\": 5", "\"type\": 9", TEMPLATE_BAD_VALUE, 27 },
	{ "id too short", "\"id\": \"" NOTE_D "\"", "\"id\": \"DDD\"", TEMPLATE_BAD_VALUE, 27 },
	{ "id not canonical", "\"id\": \"" NOTE_D "\"", "\"id\": \"DDDDDDDDDDDDDDDDDDDDDB\"", TEMPLATE_BAD_VALUE, 27 },
	/* Lengths. */
	{ "title of 121", "\"Small canvas\"", "\"" X100 X10 X10 "x\"", TEMPLATE_TOO_LONG, 2 },
	{ "title of 120", "\"Small canvas\"", "\"" X100 X10 X10 "\"", TEMPLATE_OK, 0 },
	{ "title of a box of 81", "\"title\": \"Rest\"", "\"title\": \"" X50 X10 X10 X10 "x\"", TEMPLATE_TOO_LONG, 17 },
	{ "title of a box of 80", "\"title\": \"Rest\"", "\"title\": \"" X50 X10 X10 X10 "\"", TEMPLATE_OK, 0 },
	{ "credits of 301", "\"Nobody\"", "\"" X100 X100 X100 "x\"", TEMPLATE_TOO_LONG, 3 },
	{ "questions of 2001 together", "\"Whose?\"", "\"" X1000 X1000 "\"", TEMPLATE_TOO_LONG, 8 },
	{ "questions of 2000 together", "\"Who?\",\n                    \"Whose?\"", "\"" X1000 "\",\n\"" X100 X100 X100 X100 X100 X100 X100 X100 X100 X50 X10 X10 X10 X10 "xxxxxxxxx\"", TEMPLATE_OK, 0 },
	{ "one more with its newline", "\"Who?\",\n                    \"Whose?\"", "\"" X1000 "\",\n\"" X1000 "\"", TEMPLATE_TOO_LONG, 8 },
	{ "tip of 1001", "Be  specific.\\n\\tSay it.", X1000 "x", TEMPLATE_TOO_LONG, 9 },
	{ "tip of 1000", "Be  specific.\\n\\tSay it.", X1000, TEMPLATE_OK, 0 },
	{ "tags of 1001 together", "\"core\",\n               \"other\"]", "\"core\", \"other\",\n\"" X1000 "\"]", TEMPLATE_TOO_LONG, 11 },
	{ "type name of 61", "\"Users\"", "\"" X50 X10 "x\"", TEMPLATE_TOO_LONG, 20 },
	{ "note of 5001", "\"nurses\"", "\"" X1000 X1000 X1000 X1000 X1000 "x\"", TEMPLATE_TOO_LONG, 22 },
	{ "note of 5000", "\"nurses\"", "\"" X1000 X1000 X1000 X1000 X1000 "\"", TEMPLATE_OK, 0 },
	{ "author of 41", "\"Ama O.\"", "\"" X10 X10 X10 X10 "x\"", TEMPLATE_TOO_LONG, 24 },
	/* What may be there once. */
	{ "key of a box twice", "\"key\": \"rest\"", "\"key\": \"people\"", TEMPLATE_TWICE, 17 },
	{ "link of a box twice", "\"to\": \"needs\", \"as\": \"person-need\"", "\"to\": \"people\", \"as\": \"part-of\"", TEMPLATE_TWICE, 13 },
	{ "two meanings to one box", "\"to\": \"needs\", \"as\": \"person-need\"", "\"to\": \"people\", \"as\": \"knows\"", TEMPLATE_OK, 0 },
	{ "tag of a box twice", "\"core\",\n               \"other\"]", "\"core\",\n\"core\"]", TEMPLATE_TWICE, 11 },
	{ "tag twice, once with spaces", "\"core\",\n               \"other\"]", "\"core\",\n\" core  \"]", TEMPLATE_TWICE, 11 },
	{ "tag twice, once decomposed", "\"core\",\n               \"other\"]", "\"core\", \"other\", \"caf\xc3\xa9\",\n\"cafe\xcc\x81\"]", TEMPLATE_TWICE, 11 },
	{ "tag of a note twice", "\"core\"], \"author\"", "\"other\"], \"author\"", TEMPLATE_TWICE, 24 },
	{ "part twice in a box", "[\"for\"]", "[\"for\", \"for\"]", TEMPLATE_TWICE, 14 },
	{ "part in two boxes", "[\"who\", \"offer\"]", "[\"who\", \"for\"]", TEMPLATE_TWICE, 16 },
	{ "number of a type twice", "\"number\": 8", "\"number\": 1", TEMPLATE_TWICE, 20 },
	{ "id of a note twice", "\"id\": \"" NOTE_D "\"", "\"id\": \"" NOTE_A "\"", TEMPLATE_TWICE, 27 },
	{ "notes linked twice", "\"from\": \"" NOTE_A "\", \"to\": \"" NOTE_D "\"", "\"from\": \"" NOTE_B "\", \"to\": \"" NOTE_A "\"", TEMPLATE_TWICE, 32 },
	{ "notes linked both ways", "\"from\": \"" NOTE_A "\", \"to\": \"" NOTE_D "\"", "\"from\": \"" NOTE_B "\", \"to\": \"" NOTE_C "\"", TEMPLATE_TWICE, 32 },
	/* What must lead somewhere. */
	{ "box links to no box", "\"to\": \"needs\"", "\"to\": \"wants\"", TEMPLATE_NO_SUCH, 13 },
	{ "note in no box", "\"box\": \"needs\"", "\"box\": \"wants\"", TEMPLATE_NO_SUCH, 27 },
	{ "tag that the box has not", "\"core\"], \"author\"", "\"Core\"], \"author\"", TEMPLATE_NO_SUCH, 24 },
	{ "tag in a box without tags", "\"type\": 5", "\"tags\":\n[\"core\"]", TEMPLATE_NO_SUCH, 28 },
	{ "link from no note", "\"from\": \"" NOTE_A "\"", "\"from\": \"" NOTE_X "\"", TEMPLATE_NO_SUCH, 32 },
	{ "link to no note", "\"to\": \"" NOTE_D "\"", "\"to\": \"" NOTE_X "\"", TEMPLATE_NO_SUCH, 32 },
	{ "link from a note to itself", "\"from\": \"" NOTE_A "\"", "\"from\": \"" NOTE_D "\"", TEMPLATE_SELF_LINK, 32 },
	{ "circle", "\"from\": \"" NOTE_A "\", \"to\": \"" NOTE_D "\", \"as\": \"person-need\"", "\"from\": \"" NOTE_A "\", \"to\": \"" NOTE_C "\", \"as\": \"part-of\"", TEMPLATE_CIRCLE, 32 },
	{ "circle with another meaning", "\"from\": \"" NOTE_A "\", \"to\": \"" NOTE_D "\", \"as\": \"person-need\"", "\"from\": \"" NOTE_A "\", \"to\": \"" NOTE_C "\", \"as\": \"note\"", TEMPLATE_OK, 0 },
	{ "circle with the meaning of another box", "\"from\": \"" NOTE_A "\", \"to\": \"" NOTE_D "\", \"as\": \"person-need\"", "\"from\": \"" NOTE_A "\", \"to\": \"" NOTE_C "\", \"as\": \"person-need\"", TEMPLATE_OK, 0 },
	/* The grid. */
	{ "box too far right", "\"col\": 3, \"row\": 1, \"w\": 3", "\"col\": 5, \"row\": 1, \"w\": 3", TEMPLATE_OUTSIDE, 15 },
	{ "box up to the edge", "\"col\": 3, \"row\": 1, \"w\": 3", "\"col\": 4, \"row\": 1, \"w\": 3", TEMPLATE_OK, 0 },
	{ "box too far down", "\"row\": 2, \"w\": 1, \"h\": 1", "\"row\": 2, \"w\": 1, \"h\": 2", TEMPLATE_OUTSIDE, 17 },
	{ "boxes overlap", "\"col\": 3, \"row\": 2", "\"col\": 2, \"row\": 2", TEMPLATE_OVERLAP, 17 },
	{ "box within a box", "\"col\": 3, \"row\": 2", "\"col\": 1, \"row\": 1", TEMPLATE_OVERLAP, 17 },
	{ "order twice", "\"order\": 2", "\"order\": 3", TEMPLATE_BAD_ORDER, 17 },
	{ "order with a gap", "\"order\": 3", "\"order\": 4", TEMPLATE_BAD_ORDER, 15 },
	{ "order 0", "\"order\": 2", "\"order\": 0", TEMPLATE_BAD_VALUE, 17 },
};

/* Reads from a copy that ends where the text does. */
static bool read_exact(const char *s, size_t n, struct template *t, struct template_fault *fault)
{
	char *exact = exact_copy(s, n);
	bool is_read = template_read(exact, n, t, fault);

	free(exact);
	assert_int_equal(is_read, fault->code == TEMPLATE_OK);
	if (!is_read) {
		assert_null(t->boxes);
		assert_null(t->arena.blocks);
		assert_true(fault->line >= 1);
		assert_true(strlen(fault->reason) > 5);
	}
	return is_read;
}

static void expect_fault(const char *name, const char *s, size_t n, enum template_code code, int line)
{
	struct template t;
	struct template_fault fault;

	read_exact(s, n, &t, &fault);
	if (fault.code != code || (code && fault.line != line))
		fail_msg("%s: %s, line %d (%s); expected %s, line %d", name, template_code_name(fault.code), fault.line, fault.reason, template_code_name(code), line);
	template_release(&t);
}

static void test_refusals(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const struct broken *c = &cases[i];
		struct buf text = { 0 };
		const char *found = strstr(base, c->find);
		if (!found || strstr(found + 1, c->find))
			fail_msg("%s: what it replaces is not there exactly once", c->name);
		buf_add(&text, base, (size_t)(found - base));
		buf_str(&text, c->put);
		buf_str(&text, found + strlen(c->find));
		expect_fault(c->name, text.s, text.n, c->code, c->line);
		buf_release(&text);
	}
}

static void test_reasons(void **state)
{
	static const char file[] = "{\"forwhom\":\"canvas\",\"version\":1,\"key\":\"k\",\"title\":\"t\",\"columns\":2,\"rows\":1,\n\"boxes\":["
				   "{\"key\":\"gains\",\"title\":\"a\",\"col\":1,\"row\":1,\"w\":2,\"h\":1,\"order\":1},\n"
				   "{\"key\":\"pains\",\"title\":\"b\",\"col\":2,\"row\":1,\"w\":1,\"h\":1,\"order\":2}]}";
	static const char key[] = "{\"\x1b[31m\xc3\xa4\":";
	static const char control[] = "{\"\\u001b[31m\xc3\xa4\":1}";
	struct template t;
	struct template_fault fault;
	struct buf said = { 0 };

	(void)state;
	assert_false(template_read(file, sizeof file - 1, &t, &fault));
	template_fault_write(&fault, &said);
	assert_string_equal(said.s, "line 3: box \"pains\" overlaps \"gains\"");
	buf_release(&said);
	/* Nothing of a stranger's file reaches a terminal unseen. */
	assert_false(template_read(control, sizeof control - 1, &t, &fault));
	assert_string_equal(fault.reason, "a canvas file has no `?[31m?`");
	expect_fault("control character in a key", key, sizeof key - 1, TEMPLATE_BAD_JSON, 1);
}

/* Every beginning of the file that is not all of it breaks off, on a line that it has. */
static void test_truncated(void **state)
{
	size_t end = sizeof base - 2; /* but for the newline */
	int lines = 1;

	(void)state;
	assert_int_equal(base[end - 1], '}');
	for (size_t n = 0; n < end; n++) {
		struct template t;
		struct template_fault fault;
		read_exact(base, n, &t, &fault);
		assert_int_equal(fault.code, TEMPLATE_BAD_JSON);
		assert_in_range(fault.line, lines > 1 ? lines - 1 : 1, lines);
		lines += base[n] == '\n';
	}
	expect_fault("without the last newline", base, end, TEMPLATE_OK, 0);
	expect_fault("nothing", NULL, 0, TEMPLATE_BAD_JSON, 1);
	expect_fault("blanks", "\n \n", 3, TEMPLATE_BAD_JSON, 1);
	expect_fault("a number", "1", 1, TEMPLATE_BAD_TYPE, 1);
}

static void add_times(struct buf *b, const char *s, size_t times)
{
	for (size_t i = 0; i < times; i++)
		buf_str(b, s);
}

/* What is meant to be expensive is not: what is looked at once takes some milliseconds, with the sanitizers too, and what grows with the square takes minutes. */
static void expect_quick_fault(const char *name, struct buf *text, enum template_code code, int line)
{
	clock_t start = clock();

	expect_fault(name, text->s, text->n, code, line);
	double seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
	if (seconds > 2)
		fail_msg("%s took %.2f s", name, seconds);
	buf_release(text);
}

static const char bomb_head[] = "{\"forwhom\":\"canvas\",\"version\":1,\"key\":\"k\",\"title\":\"t\",\"columns\":24,\"rows\":24,\n";
static const char one_box[] = "\"boxes\":[{\"key\":\"a\",\"title\":\"A\",\"col\":1,\"row\":1,\"w\":1,\"h\":1,\"order\":1,\"links\":[{\"to\":\"a\",\"as\":\"in\"}]}],\n";

static void test_bombs(void **state)
{
	struct buf text = { 0 };

	(void)state;
	add_times(&text, "[", TEMPLATE_BYTES_MAX);
	expect_quick_fault("a mebibyte of brackets", &text, TEMPLATE_BAD_TYPE, 1);
	add_times(&text, " ", TEMPLATE_BYTES_MAX + 1);
	expect_quick_fault("more than a mebibyte", &text, TEMPLATE_TOO_BIG, 1);
	buf_str(&text, bomb_head);
	add_times(&text, "{\"boxes\":", 20000);
	expect_quick_fault("braces without keys", &text, TEMPLATE_BAD_JSON, 2);
	buf_str(&text, bomb_head);
	buf_str(&text, "\"boxes\":");
	add_times(&text, "[", TEMPLATE_BYTES_MAX - 200);
	expect_quick_fault("brackets within boxes", &text, TEMPLATE_BAD_TYPE, 2);
	buf_str(&text, bomb_head);
	buf_str(&text, "\"x\":");
	add_times(&text, "[[],", 1000);
	expect_quick_fault("depth below an unknown key", &text, TEMPLATE_UNKNOWN_KEY, 2);
	buf_str(&text, bomb_head);
	buf_str(&text, "\"credits\":\"");
	add_times(&text, "\xcc\xa7\xcc\x81", TEMPLATE_BYTES_MAX / 4 - 100);
	buf_str(&text, "\"");
	expect_quick_fault("a mebibyte of marks", &text, TEMPLATE_BAD_VALUE, 2);
	buf_str(&text, bomb_head);
	buf_str(&text, "\"credits\":\"");
	add_times(&text, "\xe0\xbd\xb3\xe0\xbd\xb2", TEMPLATE_BYTES_MAX / 6 - 100);
	buf_str(&text, "\"");
	expect_quick_fault("a mebibyte of marks that come apart", &text, TEMPLATE_BAD_VALUE, 2);
	add_times(&text, "\n", TEMPLATE_BYTES_MAX - 1);
	buf_str(&text, "x");
	expect_quick_fault("a mebibyte of lines", &text, TEMPLATE_BAD_JSON, TEMPLATE_BYTES_MAX);
}

enum { ID_TEXT = 32 };

/* An id of its own for each number. */
static const char *numbered_id(int number, char out[ID_TEXT])
{
	snprintf(out, ID_TEXT, "%021dA", number);
	return out;
}

static void add_notes(struct buf *text, int count)
{
	char id[ID_TEXT];

	buf_str(text, "\"notes\":[");
	for (int i = 0; i < count; i++) {
		buf_str(text, i ? ",\n{\"id\":\"" : "{\"id\":\"");
		buf_str(text, numbered_id(i, id));
		buf_str(text, "\",\"box\":\"a\",\"text\":\"\"}");
	}
	buf_str(text, "],\n");
}

/* A chain of links from note to note, the last one back to the first if it `closes`. */
static void add_chain(struct buf *text, int count, bool closes)
{
	char from[ID_TEXT], to[ID_TEXT];

	for (int i = 0; i < count; i++) {
		bool is_last = closes && i == count - 1;
		buf_str(text, i ? ",\n{\"from\":\"" : "{\"from\":\"");
		buf_str(text, numbered_id(i, from));
		buf_str(text, "\",\"to\":\"");
		buf_str(text, numbered_id(is_last ? 0 : i + 1, to));
		buf_str(text, "\",\"as\":\"in\"}");
	}
}

static void test_counts(void **state)
{
	struct buf text = { 0 };
	char box[160];

	(void)state;
	/* Boxes: 48 fit, 49 do not. */
	for (int count = TEMPLATE_BOXES_MAX; count <= TEMPLATE_BOXES_MAX + 1; count++) {
		buf_str(&text, bomb_head);
		buf_str(&text, "\"boxes\":[\n");
		for (int b = 0; b < count; b++) {
			snprintf(box, sizeof box, "%s{\"key\":\"b%d\",\"title\":\"t\",\"col\":%d,\"row\":%d,\"w\":1,\"h\":1,\"order\":%d}\n", b ? "," : "", b, b % 24 + 1, b / 24 + 1, count > TEMPLATE_BOXES_MAX ? 1 : count - b);
			buf_str(&text, box);
		}
		buf_str(&text, "]}");
		expect_quick_fault("boxes", &text, count > TEMPLATE_BOXES_MAX ? TEMPLATE_TOO_MANY : TEMPLATE_OK, 3 + TEMPLATE_BOXES_MAX);
	}
	/* Notes. */
	for (int count = TEMPLATE_NOTES_MAX; count <= TEMPLATE_NOTES_MAX + 1; count++) {
		buf_str(&text, bomb_head);
		buf_str(&text, one_box);
		add_notes(&text, count);
		text.n -= 2;
		buf_str(&text, "}");
		expect_quick_fault("notes", &text, count > TEMPLATE_NOTES_MAX ? TEMPLATE_TOO_MANY : TEMPLATE_OK, 3 + TEMPLATE_NOTES_MAX);
	}
	/* A long chain is in order; closed, it is a circle, told at the link that closes it. */
	for (int closes = 0; closes <= 1; closes++) {
		buf_str(&text, bomb_head);
		buf_str(&text, one_box);
		add_notes(&text, 5001);
		buf_str(&text, "\"links\":[");
		add_chain(&text, 5000, closes);
		buf_str(&text, "]}");
		expect_quick_fault("chain", &text, closes ? TEMPLATE_CIRCLE : TEMPLATE_OK, 3 + 5001 + 4999);
	}
	buf_str(&text, bomb_head);
	buf_str(&text, "\"types\":[");
	for (int i = 0; i <= TEMPLATE_TYPES_MAX; i++)
		buf_str(&text, i ? ",\n{\"number\":1,\"name\":\"x\"}" : "{\"number\":1,\"name\":\"x\"}");
	expect_quick_fault("types", &text, TEMPLATE_TOO_MANY, 2 + TEMPLATE_TYPES_MAX);
}

/* A circle of four with a link across that does not nest, and a note behind it: told at the link that closes it. */
static void test_circle_among_others(void **state)
{
	static const struct {
		int from, to;
		const char *as;
	} links[] = { { 0, 1, "in" }, { 1, 2, "in" }, { 2, 3, "in" }, { 3, 0, "in" }, { 2, 4, "in" }, { 0, 2, "note" }, { 5, 0, "in" } };
	struct buf text = { 0 };
	char line[160], from[ID_TEXT], to[ID_TEXT];

	(void)state;
	buf_str(&text, bomb_head);
	buf_str(&text, one_box);
	add_notes(&text, 6);
	buf_str(&text, "\"links\":[\n");
	for (size_t i = 0; i < sizeof links / sizeof *links; i++) {
		snprintf(line, sizeof line, "%s{\"from\":\"%s\",\"to\":\"%s\",\"as\":\"%s\"}\n", i ? "," : "", numbered_id(links[i].from, from), numbered_id(links[i].to, to), links[i].as);
		buf_str(&text, line);
	}
	buf_str(&text, "]}");
	expect_fault("a circle among others", text.s, text.n, TEMPLATE_CIRCLE, 2 + 1 + 6 + 1 + 3);
	buf_release(&text);
}

static void test_values(void **state)
{
	struct template t;
	struct template_fault fault;
	struct buf joined = { 0 };

	(void)state;
	assert_true(read_exact(base, sizeof base - 1, &t, &fault));
	assert_string_equal(t.key, "small");
	assert_string_equal(t.credits, "Nobody");
	assert_int_equal(t.columns, 6);
	assert_int_equal(t.box_count, 3);
	const struct template_box *people = template_box_by_key(&t, "people");
	assert_ptr_equal(people, &t.boxes[0]);
	assert_null(template_box_by_key(&t, "nobody"));
	assert_string_equal(people->tip, "Be  specific.\n\tSay it.");
	assert_string_equal(t.boxes[2].tip, "");
	assert_int_equal(t.boxes[1].w, 3);
	assert_int_equal(t.boxes[1].parts, TEMPLATE_PART_WHO | TEMPLATE_PART_OFFER);
	assert_int_equal(t.boxes[1].line, 15);
	template_lines_join(people->questions, people->question_count, &joined);
	buf_char(&joined, '|');
	template_lines_join(people->tags, people->tag_count, &joined);
	buf_char(&joined, '|');
	template_box_links_join(people, &joined);
	buf_char(&joined, '|');
	template_box_parts_join(&t.boxes[1], &joined);
	assert_string_equal(joined.s, "Who?\nWhose?|core\nother|people:part-of needs:person-need|who offer");
	assert_int_equal(t.type_count, 2);
	assert_string_equal(t.types[1].name, "Users");
	assert_int_equal(t.note_count, 4);
	assert_string_equal(t.notes[0].author, "Ama O.");
	assert_string_equal(t.notes[1].author, "");
	assert_int_equal(t.notes[3].box_at, 1);
	assert_int_equal(t.notes[3].type, 5);
	assert_string_equal(t.notes[2].text, "in Kumasi\n  and Accra");
	assert_string_equal(t.notes[0].tags[1].s, "core");
	assert_int_equal(t.links[2].from_at, 0);
	assert_int_equal(t.links[2].to_at, 3);
	buf_release(&joined);
	template_release(&t);
	template_release(&t);
	template_release(NULL);
}

/* Lines are normalised, texts are not; escapes and the characters themselves are the same. */
static void test_characters(void **state)
{
	static const char file[] = "{\"forwhom\":\"c\\u0061nvas\",\"version\":1,\"key\":\"k\",\"title\":\"  Cafe\xcc\x81 \\n \\ud83d\\ude00 \\u2028 \\\"\\/\\\\ \",\"columns\":1,\"rows\":1,\r\n\t"
				   "\"boxes\":[{\"key\":\"a\",\"title\":\"A\",\"col\":1,\"row\":1,\"w\":1,\"h\":1,\"order\":1}],"
				   "\"notes\":[{\"id\":\"" NOTE_A "\",\"box\":\"a\",\"text\":\" e\xcc\x81 \xf0\x9f\x98\x80\\u00e9\\t\\n\"}]}";
	struct template t;
	struct template_fault fault;

	(void)state;
	assert_true(read_exact(file, sizeof file - 1, &t, &fault));
	assert_string_equal(t.title, "Caf\xc3\xa9 \xf0\x9f\x98\x80 \"/\\");
	assert_string_equal(t.notes[0].text, " e\xcc\x81 \xf0\x9f\x98\x80\xc3\xa9\t\n");
	template_release(&t);
}

/* Written and read again it is the same, and so is what is written then. */
static void expect_round_trip(const char *text, size_t n)
{
	struct template t, again;
	struct template_fault fault;
	struct buf once = { 0 }, twice = { 0 }, bare = { 0 };

	assert_true(read_exact(text, n, &t, &fault));
	template_write(&t, true, &once);
	assert_true(read_exact(once.s, once.n, &again, &fault));
	template_write(&again, true, &twice);
	assert_string_equal(once.s, twice.s);
	assert_int_equal(again.note_count, t.note_count);
	assert_int_equal(again.link_count, t.link_count);
	assert_int_equal(again.type_count, t.type_count);
	for (int i = 0; i < t.note_count; i++)
		assert_string_equal(again.notes[i].text, t.notes[i].text);
	template_release(&again);
	template_write(&t, false, &bare);
	assert_true(read_exact(bare.s, bare.n, &again, &fault));
	assert_int_equal(again.box_count, t.box_count);
	assert_int_equal(again.note_count + again.link_count + again.type_count, 0);
	template_release(&again);
	template_release(&t);
	buf_release(&once);
	buf_release(&twice);
	buf_release(&bare);
}

static void test_round_trip(void **state)
{
	(void)state;
	expect_round_trip(base, sizeof base - 1);
	for (int i = 0; i < TEMPLATE_FILES; i++)
		expect_round_trip(template_files[i].text, template_files[i].n);
}

/* The other reader: what comes out of ours, cJSON and the wire's validator find in the file too. */
static void expect_same_tree(const char *text, size_t n)
{
	static const struct json_limits limits = { .bytes_max = TEMPLATE_BYTES_MAX, .depth_max = 16, .tokens_max = JSON_TOKENS_CEILING, .key_bytes_max = 64 };
	enum json_verdict verdict;
	struct template t;
	struct template_fault fault;
	struct buf written = { 0 };

	cJSON *tree = json_parse(text, n, &limits, &verdict);
	assert_non_null(tree);
	assert_true(read_exact(text, n, &t, &fault));
	template_write(&t, t.note_count > 0, &written);
	cJSON *copy = json_parse(written.s, written.n, &limits, &verdict);
	assert_non_null(copy);
	assert_true(cJSON_Compare(tree, copy, true));
	cJSON_Delete(tree);
	cJSON_Delete(copy);
	buf_release(&written);
	template_release(&t);
}

/* What a built-in template must have beyond what the format asks for. */
static void expect_complete(const struct template *t)
{
	unsigned parts = 0;

	assert_true(*t->credits);
	assert_int_equal(t->note_count, 0);
	for (int b = 0; b < t->box_count; b++) {
		const struct template_box *box = &t->boxes[b];
		bool is_linked = box->link_count > 0;
		if (box->question_count < 2 || !*box->tip)
			fail_msg("%s: box %s has no questions or no tip", t->key, box->key);
		for (int other = 0; other < t->box_count; other++)
			for (int l = 0; l < t->boxes[other].link_count; l++)
				is_linked |= !strcmp(t->boxes[other].links[l].to, box->key);
		if (!is_linked)
			fail_msg("%s: nothing links to or from box %s", t->key, box->key);
		parts |= box->parts;
	}
	if (parts != TEMPLATE_PART_FOR + TEMPLATE_PART_WHO + TEMPLATE_PART_OFFER + TEMPLATE_PART_HELPS)
		fail_msg("%s: a part of a promoted post has no box", t->key);
}

static void test_built_in(void **state)
{
	static const char *const expected[] = { "bmc", "customer-model", "discovery", "markets", "personas", "vpc" };
	struct template t;
	struct template_fault fault;

	(void)state;
	assert_int_equal(TEMPLATE_FILES, 6);
	for (int i = 0; i < TEMPLATE_FILES; i++) {
		const struct template_file *file = &template_files[i];
		assert_string_equal(file->key, expected[i]);
		assert_int_equal(strlen(file->text), file->n);
		if (!read_exact(file->text, file->n, &t, &fault))
			fail_msg("proto/templates/%s.json:%d: %s", file->key, fault.line, fault.reason);
		assert_string_equal(t.key, file->key);
		expect_complete(&t);
		template_release(&t);
		expect_same_tree(file->text, file->n);
	}
	expect_same_tree(base, sizeof base - 1);
}

/* Place of the nine boxes, and the order in which they are recommended. */
static void test_bmc_layout(void **state)
{
	static const struct {
		const char *key;
		int col, row, w, h, order;
	} layout[] = {
		{ "partners", 1, 1, 2, 2, 8 }, { "activities", 3, 1, 2, 1, 7 }, { "resources", 3, 2, 2, 1, 6 },
		{ "propositions", 5, 1, 2, 2, 2 }, { "relationships", 7, 1, 2, 1, 4 }, { "channels", 7, 2, 2, 1, 3 },
		{ "segments", 9, 1, 2, 2, 1 }, { "costs", 1, 3, 5, 1, 9 }, { "revenue", 6, 3, 5, 1, 5 },
	};
	struct template t;
	struct template_fault fault;

	(void)state;
	assert_true(template_read(template_files[0].text, template_files[0].n, &t, &fault));
	assert_int_equal(t.columns, 10);
	assert_int_equal(t.rows, 3);
	assert_int_equal(t.box_count, 9);
	for (int i = 0; i < 9; i++) {
		const struct template_box *box = template_box_by_key(&t, layout[i].key);
		assert_non_null(box);
		assert_int_equal(box->col, layout[i].col);
		assert_int_equal(box->row, layout[i].row);
		assert_int_equal(box->w, layout[i].w);
		assert_int_equal(box->h, layout[i].h);
		assert_int_equal(box->order, layout[i].order);
	}
	template_release(&t);
}

/* Damaged at random, a file is refused or still in order; what is admitted the wire's validator admits too. */
static void test_random_damage(void **state)
{
	static const char likely[] = "{}[],:\"\\0123456789-.eEtfn \n/u\xC3\xA9\xED\x00";
	static const struct json_limits limits = { .bytes_max = TEMPLATE_BYTES_MAX, .depth_max = 8, .tokens_max = JSON_TOKENS_CEILING, .key_bytes_max = 64 };
	uint64_t seed = 14;
	int admitted = 0, refused = 0;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		char text[sizeof base];
		size_t n = sizeof base - 1;
		struct template t;
		struct template_fault fault;
		memcpy(text, base, sizeof base);
		for (size_t changes = 1 + random_below(&seed, 3); changes; changes--) {
			size_t at = random_below(&seed, n);
			if (random_below(&seed, 3)) {
				text[at] = likely[random_below(&seed, sizeof likely - 1)];
			} else {
				memmove(text + at, text + at + 1, n - at - 1);
				n--;
			}
		}
		if (read_exact(text, n, &t, &fault)) {
			assert_int_equal(json_check(text, n, &limits), JSON_OK);
			admitted++;
		} else {
			refused++;
		}
		template_release(&t);
	}
	assert_true(admitted > 500 && refused > 5000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_built_in),
		cmocka_unit_test(test_bmc_layout),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_characters),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_reasons),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_bombs),
		cmocka_unit_test(test_counts),
		cmocka_unit_test(test_circle_among_others),
		cmocka_unit_test(test_random_damage),
	};

	return cmocka_run_group_tests_name("template", tests, NULL, NULL);
}
