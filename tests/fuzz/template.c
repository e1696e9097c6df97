/* Canvas files: whatever is read can be written and read again and is the same then; whatever is refused says a line of the file and a reason for people. */
#include "tests/fuzz/fuzz.h"

#include "proto/template.h"

static void check_fault(const struct template_fault *fault, const char *text, size_t n)
{
	int lines = 1;

	for (size_t i = 0; i < n; i++)
		lines += text[i] == '\n';
	assert(fault->code != TEMPLATE_OK && fault->line >= 1 && fault->line <= lines);
	assert(*fault->reason && memchr(fault->reason, '\0', sizeof fault->reason));
	for (const char *c = fault->reason; *c; c++)
		assert(*c >= ' ' && *c < 0x7f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char *text = fuzz_exact(data, n);
	struct template first = { 0 }, second = { 0 };
	struct template_fault fault = { 0 };

	if (template_read(text, n, &first, &fault)) {
		struct buf once = { 0 }, twice = { 0 };
		template_write(&first, true, &once);
		assert(template_read(once.s, once.n, &second, &fault));
		template_write(&second, true, &twice);
		assert(once.n == twice.n && !memcmp(once.s, twice.s, once.n));
		buf_release(&once);
		buf_release(&twice);
		template_release(&second);
	} else {
		check_fault(&fault, text, n);
		assert(!first.box_count && !first.boxes);
	}
	template_release(&first);
	free(text);
	return 0;
}
