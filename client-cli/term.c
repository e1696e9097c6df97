#include "client-cli/term.h"
#define NCURSES_WIDECHAR 1
#include <curses.h>
#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <term.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>

/* <term.h> makes names of capabilities of these */
#undef columns
#undef lines

enum { KEY_PASTE_START = KEY_MAX + 1, KEY_PASTE_END, KEY_CTRL_LEFT, KEY_CTRL_RIGHT, KEY_ALT_U, KEY_ALT_R, KEY_ALT_ENTER, KEY_AT_COLUMN, PASTE_MAX = 65536, ESCAPE_DELAY_MS = 25 };

/* How a terminal that is asked where its cursor stands answers, in the first row. One key code for each answer, KEY_AT_COLUMN + the column: so the answer comes with the keys,
 * whenever it comes, and nobody waits for it. */
enum { COLUMNS_ASKED = 9, JOINED_COLUMN = 3 };
static const char emoji_sample[] = "👩🏽‍💻"; /* a skin tone and a joiner: from 2 columns to 6 */

static struct {
	bool open, lost;
	struct term_events events;
	SCREEN *screen;
	WINDOW *keys; /* a pad that is never shown: reading from it does not make curses write */
	uv_poll_t input;
	uv_signal_t resized, stopped, continued;
	struct termios before;
	int flags_before; /* of standard input */
	struct grid shown;
	bool shown_valid;
	struct buf out, paste;
	bool pasting, holds;
	int colours;
	style now; /* attributes the terminal has at the moment */
	char farewell[256]; /* what gives the screen back, ready for a signal handler */
	size_t farewell_n;
} term;

/* --- output --- */

static int add_byte(int c)
{
	buf_char(&term.out, (char)c);
	return c;
}

static void add_capability(const char *capability)
{
	if (capability && capability != (char *)-1)
		tputs(capability, 1, add_byte);
}

/* Everything, also over a slow line: standard output may have become non-blocking with standard input, whose description it often shares. */
static void write_out(const char *bytes, size_t n)
{
	while (n) {
		ssize_t wrote = write(STDOUT_FILENO, bytes, n);
		if (wrote < 0 && errno == EAGAIN) {
			struct pollfd wait = { .fd = STDOUT_FILENO, .events = POLLOUT };
			if (poll(&wait, 1, 2000) > 0)
				continue;
		}
		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote <= 0)
			return;
		bytes += wrote;
		n -= (size_t)wrote;
	}
}

static const int colour_numbers[COLOUR_COUNT] = {
	-1, COLOR_CYAN, COLOR_GREEN, COLOR_YELLOW, COLOR_RED, -1, COLOR_RED, COLOR_BLUE, COLOR_GREEN, COLOR_MAGENTA, COLOR_YELLOW, COLOR_CYAN, COLOR_MAGENTA, -1,
};
/* The eight hues as the page has them, where there are colours enough; each can be read on light and on dark. */
static const int hue_numbers[COLOUR_COUNT - COLOUR_HUE] = { 166, 33, 35, 134, 136, 37, 169, 245 };

static int colour_number(enum colour colour)
{
	return colour >= COLOUR_HUE && term.colours >= 256 ? hue_numbers[colour - COLOUR_HUE] : colour_numbers[colour];
}

static void set_style(style s)
{
	if (s == term.now)
		return;
	add_capability(exit_attribute_mode);
	term.now = s;
	if (s & STYLE_BOLD)
		add_capability(enter_bold_mode);
	if (s & STYLE_UNDERLINE)
		add_capability(enter_underline_mode);
	if (s & STYLE_ITALIC)
		add_capability(enter_italics_mode);
	if (s & STYLE_REVERSE)
		add_capability(enter_reverse_mode);
	if (s & STYLE_DIM || style_colour(s) == COLOUR_QUIET)
		add_capability(enter_dim_mode);
	int number = colour_number(style_colour(s));
	if (number >= 0 && term.colours >= 8 && set_a_foreground)
		add_capability(tiparm(set_a_foreground, number));
}

static void move_to(int row, int column)
{
	add_capability(tiparm(cursor_address, row, column));
}

static void draw_cell(int row, int column, const struct cell *cell, int *pen_row, int *pen_column)
{
	if (*pen_row != row || *pen_column != column)
		move_to(row, column);
	set_style(cell->style);
	/* It may take less than it was given: then what stood there before must not shine through. */
	if (cell->width > 1) {
		for (int i = 0; i < cell->width; i++)
			buf_char(&term.out, ' ');
		move_to(row, column);
	}
	buf_add(&term.out, cell->text, cell->n);
	/* Terminals disagree about the width of everything beyond ASCII; and at the right edge about where the cursor is then. */
	*pen_row = cell->plain && column + 1 < term.shown.columns ? row : -1;
	*pen_column = column + cell->width;
}

static bool is_shown(const struct grid *grid, int row, int column)
{
	int width = grid_cell(grid, row, column)->width;
	for (int c = column; c < column + (width ? width : 1); c++)
		if (!cell_equal(grid_cell(grid, row, c), grid_cell(&term.shown, row, c)))
			return false;
	return true;
}

static void draw_row(const struct grid *grid, int row, int *pen_row, int *pen_column)
{
	for (int c = 0; c < grid->columns; c++) {
		const struct cell *cell = grid_cell(grid, row, c);
		if (!cell->n || (term.shown_valid && is_shown(grid, row, c)))
			continue;
		draw_cell(row, c, cell, pen_row, pen_column);
	}
}

static void remember(const struct grid *grid)
{
	if (term.shown.rows != grid->rows || term.shown.columns != grid->columns) {
		grid_release(&term.shown);
		grid_init(&term.shown, grid->rows, grid->columns);
	}
	memcpy(term.shown.cells, grid->cells, sizeof *grid->cells * (size_t)grid->rows * (size_t)grid->columns);
	term.shown_valid = true;
}

void term_draw(const struct grid *grid)
{
	int pen_row = -1, pen_column = -1;
	if (!term.open)
		return;
	buf_reset(&term.out);
	if (term.shown.rows != grid->rows || term.shown.columns != grid->columns)
		term.shown_valid = false;
	add_capability(cursor_invisible);
	if (!term.shown_valid) {
		term.now = (style)-1;
		set_style(0);
		add_capability(clear_screen);
	}
	if (term.shown.columns != grid->columns || term.shown.rows != grid->rows) {
		grid_release(&term.shown);
		grid_init(&term.shown, grid->rows, grid->columns);
	}
	for (int r = 0; r < grid->rows; r++)
		draw_row(grid, r, &pen_row, &pen_column);
	set_style(0);
	if (grid->cursor_row >= 0 && grid->cursor_row < grid->rows && grid->cursor_column < grid->columns) {
		move_to(grid->cursor_row, grid->cursor_column);
		add_capability(cursor_normal);
	}
	write_out(buf_cstr(&term.out), term.out.n);
	remember(grid);
}

void term_forget(void)
{
	term.shown_valid = false;
}

void term_size(int *rows, int *columns)
{
	struct winsize size;
	*rows = LINES;
	*columns = COLS;
	if (!ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) && size.ws_row && size.ws_col) {
		*rows = size.ws_row;
		*columns = size.ws_col;
	}
	if (*rows < 1)
		*rows = 24;
	if (*columns < 1)
		*columns = 80;
}

/* --- input --- */

static void tell(enum key_type type, const char *text, size_t n)
{
	struct key key = { .type = type, .text = text, .n = n };
	term.events.on_key(&key, term.events.ctx);
}

static const struct {
	int code;
	enum key_type type;
} function_keys[] = {
	{ KEY_UP, KEY_GO_UP },           { KEY_DOWN, KEY_GO_DOWN },     { KEY_LEFT, KEY_GO_LEFT },      { KEY_RIGHT, KEY_GO_RIGHT },   { KEY_PPAGE, KEY_PAGE_UP },
	{ KEY_NPAGE, KEY_PAGE_DOWN },    { KEY_HOME, KEY_FIRST },       { KEY_END, KEY_LAST },          { KEY_BACKSPACE, KEY_ERASE },  { KEY_DC, KEY_ERASE_ON },
	{ KEY_ENTER, KEY_RETURN },       { KEY_BTAB, KEY_BACK_TABULATOR }, { KEY_CTRL_LEFT, KEY_WORD_BACK }, { KEY_CTRL_RIGHT, KEY_WORD_ON },
	{ KEY_ALT_U, KEY_TAKE_BACK },         { KEY_ALT_R, KEY_DO_AGAIN },       { KEY_ALT_ENTER, KEY_NEWLINE },
};

static const struct {
	char code;
	enum key_type type;
} control_keys[] = {
	{ '\r', KEY_RETURN },   { '\n', KEY_NEWLINE },     { 27, KEY_ESCAPE },          { '\t', KEY_TABULATOR },    { 127, KEY_ERASE },      { '\b', KEY_ERASE },
	{ 'A' - 64, KEY_FIRST }, { 'E' - 64, KEY_LAST },   { 'B' - 64, KEY_GO_LEFT },   { 'F' - 64, KEY_GO_RIGHT }, { 'P' - 64, KEY_GO_UP }, { 'N' - 64, KEY_GO_DOWN },
	{ 'W' - 64, KEY_ERASE_WORD }, { 'U' - 64, KEY_ERASE_LINE }, { 'D' - 64, KEY_ERASE_ON }, { 'S' - 64, KEY_SUBMIT },   { 'L' - 64, KEY_REDRAW },
	{ '_' - 64, KEY_TAKE_BACK }, { 'Z' - 64, KEY_TAKE_BACK },   { 'R' - 64, KEY_DO_AGAIN },       { 'Y' - 64, KEY_DO_AGAIN },
};

static void add_utf8(struct buf *out, wint_t c)
{
	if (c <= 0x10FFFF && !(c >= 0xD800 && c <= 0xDFFF))
		buf_codepoint(out, (int32_t)c);
}

static void paste_end(void)
{
	term.pasting = false;
	tell(KEY_PASTE, buf_cstr(&term.paste), term.paste.n);
	buf_reset(&term.paste);
}

static void take_column(int column)
{
	term_set_emoji_joined(column == JOINED_COLUMN);
	term_forget();
	term.events.on_resize(term.events.ctx);
}

static void take_function_key(int code)
{
	if (code > KEY_AT_COLUMN && code <= KEY_AT_COLUMN + COLUMNS_ASKED) {
		take_column(code - KEY_AT_COLUMN);
		return;
	}
	if (code == KEY_PASTE_START) {
		term.pasting = true;
		return;
	}
	if (code == KEY_PASTE_END && term.pasting) {
		paste_end();
		return;
	}
	for (size_t i = 0; !term.pasting && i < sizeof function_keys / sizeof *function_keys; i++)
		if (function_keys[i].code == code)
			tell(function_keys[i].type, "", 0);
}

static void take_character(wint_t c)
{
	struct buf text = { 0 };
	if (term.pasting) {
		if (term.paste.n < PASTE_MAX)
			add_utf8(&term.paste, c);
		return;
	}
	for (size_t i = 0; i < sizeof control_keys / sizeof *control_keys; i++)
		if ((wint_t)control_keys[i].code == c) {
			tell(control_keys[i].type, "", 0);
			return;
		}
	if (c < 32)
		return;
	add_utf8(&text, c);
	if (text.n)
		tell(KEY_TEXT, text.s, text.n);
	buf_release(&text);
}

static void on_input(uv_poll_t *poll_handle, int status, int events)
{
	(void)poll_handle, (void)events;
	struct pollfd hung = { .fd = STDIN_FILENO, .events = POLLIN };
	if (status < 0 || (poll(&hung, 1, 0) > 0 && hung.revents & (POLLHUP | POLLERR | POLLNVAL))) {
		term.lost = true;
		uv_poll_stop(&term.input);
		term.events.on_lost(term.events.ctx);
		return;
	}
	wint_t c;
	int type;
	while (term.open && (type = wget_wch(term.keys, &c)) != ERR) {
		if (type == KEY_CODE_YES)
			take_function_key((int)c);
		else
			take_character(c);
	}
}

/* --- signals --- */

static void on_resized(uv_signal_t *handle, int number)
{
	(void)handle, (void)number;
	int rows, columns;
	term_size(&rows, &columns);
	resizeterm(rows, columns);
	term_forget();
	term.events.on_resize(term.events.ctx);
}

static void take_screen(void)
{
	buf_reset(&term.out);
	add_capability(enter_ca_mode);
	add_capability(keypad_xmit);
	buf_str(&term.out, "\033[?2004h");
	write_out(buf_cstr(&term.out), term.out.n);
	term_forget();
}

static void give_screen(void)
{
	write_out(term.farewell, term.farewell_n);
}

/* Ctrl-Z: the shell gets its screen; on the way back we take ours. */
static void on_stopped(uv_signal_t *handle, int number)
{
	(void)handle, (void)number;
	struct termios ours;
	tcgetattr(STDIN_FILENO, &ours);
	give_screen();
	tcsetattr(STDIN_FILENO, TCSADRAIN, &term.before);
	raise(SIGSTOP);
	tcsetattr(STDIN_FILENO, TCSADRAIN, &ours);
	take_screen();
	on_resized(NULL, 0);
}

static void on_continued(uv_signal_t *handle, int number)
{
	(void)handle, (void)number;
	term_forget();
	term.events.on_resize(term.events.ctx);
}

/* A crash must not leave a terminal that echoes nothing. Only what a signal handler may do. */
static void on_fatal(int number)
{
	if (term.farewell_n)
		(void)!write(STDOUT_FILENO, term.farewell, term.farewell_n);
	tcsetattr(STDIN_FILENO, TCSANOW, &term.before);
	raise(number); /* SA_RESETHAND: as if we had never caught it */
}

static void watch_signals(uv_loop_t *loop)
{
	static const int fatal[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT };
	struct { uv_signal_t *handle; int number; uv_signal_cb callback; } watched[] = {
		{ &term.resized, SIGWINCH, on_resized }, { &term.stopped, SIGTSTP, on_stopped }, { &term.continued, SIGCONT, on_continued },
	};
	for (size_t i = 0; i < sizeof watched / sizeof *watched; i++) {
		uv_signal_init(loop, watched[i].handle);
		uv_signal_start(watched[i].handle, watched[i].callback, watched[i].number);
		uv_unref((uv_handle_t *)watched[i].handle);
	}
	for (size_t i = 0; i < sizeof fatal / sizeof *fatal; i++)
		sigaction(fatal[i], &(struct sigaction){ .sa_handler = on_fatal, .sa_flags = SA_RESETHAND | SA_NODEFER }, NULL);
}

/* --- life --- */

static void prepare_farewell(void)
{
	buf_reset(&term.out);
	add_capability(exit_attribute_mode);
	add_capability(cursor_normal);
	buf_str(&term.out, "\033[?2004l");
	add_capability(keypad_local);
	add_capability(exit_ca_mode);
	term.farewell_n = term.out.n < sizeof term.farewell ? term.out.n : 0;
	memcpy(term.farewell, buf_cstr(&term.out), term.farewell_n);
}

static void define_keys(void)
{
	define_key("\033[200~", KEY_PASTE_START);
	define_key("\033[201~", KEY_PASTE_END);
	define_key("\033[1;5D", KEY_CTRL_LEFT);
	define_key("\033[1;5C", KEY_CTRL_RIGHT);
	define_key("\033b", KEY_CTRL_LEFT);
	define_key("\033f", KEY_CTRL_RIGHT);
	define_key("\033[3~", KEY_DC);
	define_key("\033u", KEY_ALT_U);
	define_key("\033r", KEY_ALT_R);
	define_key("\033\r", KEY_ALT_ENTER);
	for (int column = 1; column <= COLUMNS_ASKED; column++) {
		char answer[16];
		snprintf(answer, sizeof answer, "\033[1;%dR", column);
		define_key(answer, KEY_AT_COLUMN + column);
	}
}

/* Draws an emoji and asks where the cursor is then. Terminals that are not known to answer are not asked: some would show the question. */
static void ask_emoji_width(void)
{
	if (!user7 || user7 == (char *)-1 || strcmp(user7, "\033[6n") != 0)
		return;
	buf_reset(&term.out);
	move_to(0, 0);
	buf_str(&term.out, emoji_sample);
	add_capability(user7);
	write_out(buf_cstr(&term.out), term.out.n);
}

bool term_open(uv_loop_t *loop, const struct term_events *events)
{
	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO) || tcgetattr(STDIN_FILENO, &term.before))
		return false;
	/* What we write is UTF-8 whatever the locale says; what is typed must be read as UTF-8 too. */
	if (strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
		setlocale(LC_CTYPE, "C.UTF-8");
	term.events = *events;
	term.flags_before = fcntl(STDIN_FILENO, F_GETFL);
	watch_signals(loop);
	signal(SIGTTOU, SIG_IGN); /* ended while in the background: giving the terminal back must not stop us half way */
	if (!getenv("ESCDELAY"))
		set_escdelay(ESCAPE_DELAY_MS);
	term.screen = newterm(NULL, stdout, stdin);
	if (!term.screen || !cursor_address || !clear_screen)
		return false;
	/* Signals stay signals (Ctrl-C ends, Ctrl-Z stops), but Ctrl-S is ours to save with. */
	cbreak();
	noecho();
	nonl();
	struct termios now;
	tcgetattr(STDIN_FILENO, &now);
	now.c_iflag &= ~(tcflag_t)(IXON | IXOFF);
	tcsetattr(STDIN_FILENO, TCSADRAIN, &now);
	term.keys = newpad(1, 1);
	keypad(term.keys, TRUE);
	nodelay(term.keys, TRUE);
	define_keys();
	const char *no_colour = getenv("NO_COLOR");
	term.colours = no_colour && *no_colour ? 0 : max_colors;
	prepare_farewell();
	term.open = true;
	atexit(term_close);
	take_screen();
	ask_emoji_width();
	uv_poll_init(loop, &term.input, STDIN_FILENO);
	uv_poll_start(&term.input, UV_READABLE, on_input);
	return true;
}

void term_hold(bool hold)
{
	struct termios now;
	if (!term.open || hold == term.holds || tcgetattr(STDIN_FILENO, &now))
		return;
	term.holds = hold;
	now.c_cc[VSUSP] = hold ? _POSIX_VDISABLE : term.before.c_cc[VSUSP];
	tcsetattr(STDIN_FILENO, TCSADRAIN, &now);
}

void term_close(void)
{
	if (!term.open)
		return;
	term.open = false;
	uv_handle_t *handles[] = { (uv_handle_t *)&term.input, (uv_handle_t *)&term.resized, (uv_handle_t *)&term.stopped, (uv_handle_t *)&term.continued };
	for (size_t i = 0; i < sizeof handles / sizeof *handles; i++)
		if (!uv_is_closing(handles[i]))
			uv_close(handles[i], NULL);
	give_screen();
	if (!term.lost) {
		tcsetattr(STDIN_FILENO, TCSADRAIN, &term.before);
		tcflush(STDIN_FILENO, TCIFLUSH);
	}
	if (term.flags_before >= 0)
		fcntl(STDIN_FILENO, F_SETFL, term.flags_before);
	term.farewell_n = 0;
	grid_release(&term.shown);
	buf_release(&term.out);
	buf_release(&term.paste);
}
