/* The keys of a canvas: what the list shows is what the canvas obeys. */
import type { KeyRow } from '../keys'

export const CANVAS_KEYS: readonly KeyRow[] = [
	{ keys: '← ↑ ↓ →', does: 'keys.c_walk' },
	{ keys: 'Enter', does: 'keys.c_edit' },
	{ keys: 'n', does: 'keys.c_new' },
	{ keys: 'm', does: 'keys.c_move' },
	{ keys: 'Alt+↑ Alt+↓', does: 'keys.c_shift' },
	{ keys: 't', does: 'keys.c_type' },
	{ keys: '0 … 8', does: 'keys.c_number' },
	{ keys: 'g', does: 'keys.c_tags' },
	{ keys: 'l', does: 'keys.c_link' },
	{ keys: 'd', does: 'keys.c_duplicate' },
	{ keys: 'Del', does: 'keys.c_delete' },
	{ keys: 'Space', does: 'keys.c_select' },
	{ keys: 'Shift+↑ Shift+↓', does: 'keys.c_extend' },
	{ keys: 'Ctrl+A', does: 'keys.c_all' },
	{ keys: 'q', does: 'keys.c_questions' },
	{ keys: 'o', does: 'keys.c_outline' },
	{ keys: 'Ctrl+Z', does: 'keys.c_undo' },
	{ keys: 'Ctrl+Shift+Z', does: 'keys.c_redo' },
	{ keys: '.', does: 'keys.c_bar' },
	{ keys: '?', does: 'keys.help' },
	{ keys: 'Esc', does: 'keys.escape' },
]
