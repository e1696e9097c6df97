#ifndef FORWHOM_SERVER_STORE_ROW_H
#define FORWHOM_SERVER_STORE_ROW_H

#include <sqlite3.h>

#include "server/store/sum.h"

/*
 * Rows as they come out of the database. Each returns false if the row's checksum does not fit it; the fields are then
 * what could be read. Strings are borrowed from the statement and valid until it moves.
 */
bool row_read_class(sqlite3_stmt *stmt, struct class_row *row);
bool row_read_document(sqlite3_stmt *stmt, struct document_row *row);
/* A row of SQL_DONE or SQL_DONE_OLDEST; `class_id` is the class it should be of, which the result borrows. */
bool row_read_done(sqlite3_stmt *stmt, const char *class_id, int64_t *n, struct log_done *done);
bool row_read_directory(sqlite3_stmt *stmt, struct log_row *row);

/* A column's text, "" for what is none. */
const char *row_text(sqlite3_stmt *stmt, int column);
/* Whether a column is a blob of SUM_BYTES with this content. */
bool row_sum_is(sqlite3_stmt *stmt, int column, const uint8_t sum[SUM_BYTES]);
/* Copies a blob of exactly `n` bytes; false, and zeroes, if it is not one. */
bool row_blob(sqlite3_stmt *stmt, int column, void *out, size_t n);

#endif
