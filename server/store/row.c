#include "server/store/row.h"

#include <string.h>

const char *row_text(sqlite3_stmt *stmt, int column)
{
	const char *text = (const char *)sqlite3_column_text(stmt, column);

	return text ? text : "";
}

bool row_blob(sqlite3_stmt *stmt, int column, void *out, size_t n)
{
	const void *blob = sqlite3_column_blob(stmt, column);

	memset(out, 0, n);
	if (!blob || (size_t)sqlite3_column_bytes(stmt, column) != n)
		return false;
	memcpy(out, blob, n);
	return true;
}

bool row_sum_is(sqlite3_stmt *stmt, int column, const uint8_t sum[SUM_BYTES])
{
	uint8_t stored[SUM_BYTES];

	return row_blob(stmt, column, stored, SUM_BYTES) && !memcmp(stored, sum, SUM_BYTES);
}

bool row_read_class(sqlite3_stmt *stmt, struct class_row *row)
{
	uint8_t sum[SUM_BYTES];

	*row = (struct class_row){
		.id = row_text(stmt, 0),
		.number = sqlite3_column_int64(stmt, 1),
		.documents = sqlite3_column_int64(stmt, 2),
		.done_first = sqlite3_column_int64(stmt, 3),
		.done_last = sqlite3_column_int64(stmt, 4),
	};
	sum_class(row, sum);
	return row_sum_is(stmt, 5, sum);
}

bool row_read_document(sqlite3_stmt *stmt, struct document_row *row)
{
	uint8_t sum[SUM_BYTES];

	*row = (struct document_row){
		.id = row_text(stmt, 0),
		.kind = row_text(stmt, 1),
		.class_number = sqlite3_column_int64(stmt, 2),
		.n = sqlite3_column_int64(stmt, 3),
		.number = sqlite3_column_int64(stmt, 4),
		.head = sqlite3_column_int64(stmt, 5),
	};
	if (!row_blob(stmt, 6, row->chain, SUM_BYTES))
		return false;
	sum_document(row, sum);
	return row_sum_is(stmt, 7, sum);
}

bool row_read_done(sqlite3_stmt *stmt, const char *class_id, int64_t *n, struct log_done *done)
{
	uint8_t sum[SUM_BYTES];
	bool whole;

	*n = sqlite3_column_int64(stmt, 0);
	*done = (struct log_done){ .class_id = class_id, .outcome = row_text(stmt, 3), .at_ms = sqlite3_column_int64(stmt, 4) };
	whole = row_blob(stmt, 1, done->id, sizeof done->id) && row_blob(stmt, 2, done->hash, sizeof done->hash);
	sum_done(done, *n, sum);
	return whole && row_sum_is(stmt, 5, sum);
}

bool row_read_directory(sqlite3_stmt *stmt, struct log_row *row)
{
	uint8_t sum[SUM_BYTES];

	*row = (struct log_row){ .kind = row_text(stmt, 0), .key = row_text(stmt, 1), .value = row_text(stmt, 2) };
	sum_directory(row, sum);
	return row_sum_is(stmt, 3, sum);
}
