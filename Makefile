# Forwhom
#
#   make          builds everything:  build/forwhomd  (server, with the page inside)  and  build/forwhom  (terminal client)
#   make run      installs what is missing, builds, starts the server; LAN=1 for phones, PORT=8080, DATA=data
#   make test     installs what is missing, builds twice (plain, and with sanitizers), runs every test
#   make client   only the terminal client, which needs no node
#   make bench    measures; QUICK=1 in under 45 seconds
#   make soak     simulator and crash rounds for long
#   make fuzz     fuzzers; SECONDS=60 of each
#   make clean    removes what was built
#
#   SAN=1         any of the builds with AddressSanitizer and UBSan, in build/san
#   V=1           shows the commands
#
# Sources are found by wildcard: a new file needs no line here. Everything made goes below build/.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.SUFFIXES:

# As many jobs as processors; -j on the command line still wins, and an inner make takes part in the outer one's.
ifeq ($(MAKELEVEL),0)
MAKEFLAGS += -j$(shell nproc)
endif

# A node that docker/install had to fetch goes before the system's, which is too old then.
export PATH := $(CURDIR)/build/node/bin:$(PATH)

B := build$(if $(SAN),/san)
GEN := build/gen

# ---------------------------------------------------------------------------------------------------- sources

proto_src := $(sort $(wildcard proto/*.c proto/gen/*.c) $(if $(wildcard proto/generate.mjs),proto/gen/tables.c proto/gen/templates.c))
server_src := $(wildcard server/*.c server/*/*.c)
client_src := $(wildcard client-cli/*.c client-cli/*/*.c)
unit_src := $(wildcard tests/unit/*_test.c)
unit_help_src := $(filter-out $(unit_src),$(wildcard tests/unit/*.c))

# tests/sim, tests/bench and so on: a folder with a main.c makes one program of that name.
test_dirs := $(patsubst tests/%/main.c,%,$(wildcard tests/*/main.c))
test_src := $(foreach dir,$(test_dirs),$(wildcard tests/$(dir)/*.c))

objects = $(patsubst %,$(B)/obj/%.o,$(basename $(1)))
proto_obj := $(call objects,$(proto_src))
server_obj := $(call objects,$(server_src))
client_obj := $(call objects,$(client_src))
page_obj := $(B)/obj/page/web-assets.o $(B)/obj/page/web-assets-bytes.o
unit_obj := $(call objects,$(unit_src))
unit_help_obj := $(call objects,$(unit_help_src))
test_obj := $(call objects,$(test_src))
all_obj := $(proto_obj) $(server_obj) $(client_obj) $(page_obj) $(unit_obj) $(unit_help_obj) $(test_obj)

# ---------------------------------------------------------------------------------------------------- tools

CC := gcc
server_packages := libwebsockets libuv sqlite3 libcjson libsodium libutf8proc libqrencode inih
client_packages := libwebsockets libcrypto libuv libcjson libsodium libutf8proc libqrencode inih ncursesw
packages := $(sort $(server_packages) $(client_packages))

# Asked once, when something is first compiled: on a fresh machine "make run" must come as far as installing them.
pkg_cflags = $(eval pkg_cflags := $(call pkg_config,--cflags,$(packages)))$(pkg_cflags)
server_libs = $(eval server_libs := $(call pkg_config,--libs,$(server_packages)))$(server_libs)
client_libs = $(eval client_libs := $(call pkg_config,--libs,$(client_packages)))$(client_libs)
pkg_config = $(or $(shell pkg-config $(1) $(2)),$(error libraries are missing: docker/install build))

CFLAGS ?= -O2 -g
warnings := -Wall -Wextra -Wshadow -Wstrict-prototypes
# Newer compilers refuse these by themselves; so does every build here.
warnings += -Werror=implicit-function-declaration -Werror=incompatible-pointer-types -Werror=int-conversion
hardening := -fstack-protector-strong $(if $(SAN),,-D_FORTIFY_SOURCE=2)
comma := ,
sanitizers := $(if $(SAN),-fsanitize=address$(comma)undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)

compile = $(CC) -std=c11 -D_GNU_SOURCE -I. $(CFLAGS) $(warnings) $(hardening) $(sanitizers) -fPIE -pthread \
	$(pkg_cflags) -MMD -MP -c -o $@ $<
link = $(CC) $(CFLAGS) $(sanitizers) -pie -pthread -Wl,-z,relro,-z,now -Wl,--as-needed -o $@

say = @$(if $(V),set -x,printf '  %-7s %s\n' $(1) '$(2)');

# ---------------------------------------------------------------------------------------------------- what to make

.PHONY: all client test-programs run test bench soak fuzz clean help
.DEFAULT_GOAL := all

all: $(B)/libproto.a $(B)/libserver.a $(B)/libclient.a
all: $(if $(wildcard server/main.c),$(B)/forwhomd) $(if $(wildcard client-cli/main.c),$(B)/forwhom)

client: $(B)/forwhom

test-programs: $(patsubst tests/unit/%.c,$(B)/tests/unit/%,$(unit_src)) $(test_dirs:%=$(B)/tests/%/main)

$(B)/forwhomd: $(server_obj) $(page_obj) $(B)/libproto.a
	$(call say,LINK,$@) $(link) $^ $(server_libs)

$(B)/forwhom: $(client_obj) $(B)/libproto.a
	$(call say,LINK,$@) $(link) $^ $(client_libs)

# Archives: a program takes from them only what it uses, so a unit test links a few objects and not the whole server.
$(B)/libproto.a: $(proto_obj)
$(B)/libserver.a: $(filter-out %/main.o,$(server_obj)) $(page_obj)
$(B)/libclient.a: $(filter-out %/main.o,$(client_obj))
$(B)/lib%.a:
	$(call say,AR,$@) rm -f $@ && ar rcs $@ $^

# tests/unit/client_*_test.c test the terminal client, all others the server and proto/.
$(B)/tests/unit/client_%_test: $(B)/obj/tests/unit/client_%_test.o $(unit_help_obj) $(B)/libclient.a $(B)/libproto.a
	@mkdir -p $(@D)
	$(call say,LINK,$@) $(link) $^ -lcmocka $(client_libs)
$(B)/tests/unit/%_test: $(B)/obj/tests/unit/%_test.o $(unit_help_obj) $(B)/libserver.a $(B)/libproto.a
	@mkdir -p $(@D)
	$(call say,LINK,$@) $(link) $^ -lcmocka $(server_libs)

define test_program
$(B)/tests/$(1)/main: $(call objects,$(wildcard tests/$(1)/*.c)) $(B)/libserver.a $(B)/libclient.a $(B)/libproto.a
	@mkdir -p $$(@D)
	$$(call say,LINK,$$@) $$(link) $$^ $$(server_libs)
endef
$(foreach dir,$(test_dirs),$(eval $(call test_program,$(dir))))

$(B)/obj/%.o: %.c Makefile | proto/gen/.made
	@mkdir -p $(@D)
	$(call say,CC,$<) $(compile)

# Objects made on the way to a test are kept.
.SECONDARY: $(all_obj)

# The terminal client takes its catalogues in by .incbin, which the compiler's dependency files do not see.
$(B)/obj/client-cli/sentence.o: $(wildcard proto/sentences/*.json client-cli/sentences/*.json)

-include $(all_obj:.o=.d)

# ---------------------------------------------------------------------------------------------------- generated tables

# The results are committed and the terminal client must build without node: with no node at hand they are taken as
# they are (tests/generated would notice if they were stale).
tables_from := $(wildcard proto/generate.mjs proto/*.json proto/templates/*.json)
tables_made := $(addprefix proto/gen/,tables.h tables.c templates.h templates.c) web/src/gen/tables.ts

.PHONY: proto/gen/.made
proto/gen/.made: $(if $(wildcard proto/generate.mjs),$(tables_made))

$(tables_made) &: $(tables_from)
	$(call say,GEN,proto/gen) if command -v node >/dev/null; then node proto/generate.mjs; fi && touch -c $(tables_made)

# ---------------------------------------------------------------------------------------------------- page

node_modules := web/node_modules/.package-lock.json
page_src := $(shell find web/src -type f ! -name '*.test.ts' 2>/dev/null) $(wildcard proto/sentences/*.json) \
	$(addprefix web/,index.html icon.svg fonts.css vite.config.ts svelte.config.js)

$(node_modules): web/package.json web/package-lock.json web/.npmrc
	$(call say,NPM,web) cd web && npm ci --loglevel=error && touch node_modules/.package-lock.json

build/web/index.html: $(page_src) $(node_modules) | $(tables_made)
	$(call say,VITE,$(@D)) cd web && node node_modules/vite/bin/vite.js build --logLevel warn

$(GEN)/web-assets.c $(GEN)/web-assets.S &: build/web/index.html web/embed.mjs
	$(call say,EMBED,$(@D)) mkdir -p $(@D) && node web/embed.mjs build/web $(GEN)

$(B)/obj/page/web-assets.o: $(GEN)/web-assets.c Makefile
	@mkdir -p $(@D)
	$(call say,CC,$<) $(compile)

$(B)/obj/page/web-assets-bytes.o: $(GEN)/web-assets.S Makefile
	@mkdir -p $(@D)
	$(call say,AS,$<) $(CC) -c -o $@ $<

# ---------------------------------------------------------------------------------------------------- run and test

DATA ?= data

run:
	@docker/install build run
	@$(MAKE) -s all
	@mkdir -p $(DATA)
	@exec build/forwhomd --data $(DATA) $(if $(LAN),--lan) $(if $(PORT),--listen $(if $(LAN),0.0.0.0,127.0.0.1):$(PORT))

test:
	@docker/install build test
	@$(MAKE) -s all test-programs
	@$(MAKE) -s SAN=1 all test-programs
	@tests/run

bench: all $(filter %/bench/main,$(test_dirs:%=$(B)/tests/%/main))
	@QUICK=$(QUICK) tests/bench/run

soak: all $(filter %/sim/main %/faults/main,$(test_dirs:%=$(B)/tests/%/main))
	@$(MAKE) -s SAN=1 all test-programs
	@LONG=1 tests/sim/run
	@LONG=1 tests/faults/run

fuzz:
	@docker/install build fuzz
	@$(MAKE) -s all
	@tests/fuzz/run $(SECONDS)

# Keeps the fetched node, which is not built here, and never touches data/.
clean:
	@test ! -d build || find build -mindepth 1 -maxdepth 1 ! -name node -exec rm -rf {} +
	@rm -rf web/node_modules

help:
	@sed -n '3,/^$$/s/^# \{0,1\}//p' Makefile
