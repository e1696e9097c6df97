#include "server/export/export.h"
#include "server/export/content.h"
#include <string.h>

static const struct {
	const char *name;
	void (*canvas)(struct buf *out, const struct canvas_content *canvas);
	void (*wall)(struct buf *out, const struct wall_content *wall);
} formats[EXPORT_FORMAT_COUNT] = {
	[EXPORT_NONE] = { "", NULL, NULL },
	[EXPORT_JSON] = { "json", canvas_write_json, wall_write_json },
	[EXPORT_SVG] = { "svg", canvas_write_svg, wall_write_svg },
	[EXPORT_MD] = { "md", canvas_write_md, wall_write_md },
	[EXPORT_CSV] = { "csv", canvas_write_csv, wall_write_csv },
};

enum export_format export_format_by_name(const char *name)
{
	for (int i = EXPORT_NONE + 1; i < EXPORT_FORMAT_COUNT; i++)
		if (!strcmp(formats[i].name, name))
			return (enum export_format)i;
	return EXPORT_NONE;
}

const char *export_format_name(enum export_format format)
{
	return formats[format].name;
}

bool export_document(struct buf *out, enum export_format format, const struct export_source *source)
{
	struct arena arena = { 0 };
	const struct canvas_content *canvas = NULL;
	const struct wall_content *wall = NULL;
	if (format == EXPORT_NONE)
		return false;
	if (source->kind == DOC_CANVAS && (canvas = canvas_content_gather(&arena, source)))
		formats[format].canvas(out, canvas);
	if (source->kind == DOC_WALL && (wall = wall_content_gather(&arena, source)))
		formats[format].wall(out, wall);
	arena_release(&arena);
	return canvas || wall;
}
