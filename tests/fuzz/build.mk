# Builds the fuzz targets: every tests/fuzz/TARGET.c against the sources below, all with coverage feedback and sanitizers. Called by tests/fuzz/run from the repository's top folder.
.DELETE_ON_ERROR:
.SUFFIXES:

B := build/fuzz
targets := $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/*.c))
# What is fuzzed does no I/O, so it links without libuv, libwebsockets and SQLite.
src := $(wildcard proto/*.c proto/gen/*.c server/room/*.c server/cast/*.c server/session/*.c server/export/*.c) server/store/memory.c \
	server/http/head.c server/http/fields.c client-cli/term_safe.c client-cli/model.c client-cli/journal.c client-cli/profile.c client-cli/place.c
packages := libcjson libsodium libutf8proc
checks := address,undefined,float-cast-overflow

compile = clang -std=c11 -D_GNU_SOURCE -I. -O2 -g -Wall -Wextra -fno-omit-frame-pointer -fno-sanitize-recover=all \
	$(shell pkg-config --cflags $(packages)) -MMD -MP

all: $(targets:%=$(B)/bin/%)

$(B)/obj/%.o: %.c tests/fuzz/build.mk
	@mkdir -p $(@D)
	@$(compile) -fsanitize=fuzzer-no-link,$(checks) -c -o $@ $<

$(B)/libfuzzed.a: $(src:%.c=$(B)/obj/%.o)
	@rm -f $@ && ar rcs $@ $^

$(B)/bin/%: $(B)/obj/tests/fuzz/%.o $(B)/libfuzzed.a
	@mkdir -p $(@D)
	@clang -fsanitize=fuzzer,$(checks) -o $@ $^ $(shell pkg-config --libs $(packages))

.SECONDARY:
-include $(shell find $(B)/obj -name '*.d' 2>/dev/null)
