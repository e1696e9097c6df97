/* What the parts of the canvas file reader share (template.c, template_check.c, template_fault.c); for nobody else. */
#ifndef FORWHOM_TEMPLATE_INTERNAL_H
#define FORWHOM_TEMPLATE_INTERNAL_H

#include "proto/template.h"

/* Sets the fault; its reason is put together from the strings up to NULL. Returns false. */
__attribute__((sentinel))
bool template_refuse(struct template_fault *fault, int line, enum template_code code, ...);

/* For whoever holds the fault in a struct. */
#define refuse(holder, ...) template_refuse((holder)->fault, __VA_ARGS__)

/* A number for a reason; the buffer is the caller's. */
const char *template_decimal(int value, char out[12]);

/*
 * Checks what only the whole file tells: places and orders of boxes, and that every reference leads somewhere. Fills in
 * the indexes of boxes and notes (box_at, from_at, to_at). False: `*fault` is set.
 */
bool template_check(struct template *t, struct template_fault *fault);

#endif
