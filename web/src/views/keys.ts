/* The keys of the wall: what the list shows is what the wall obeys. */
import type { Key } from '../text'

export interface KeyRow {
	keys: string
	does: Key
}

export const WALL_KEYS: readonly KeyRow[] = [
	{ keys: 'n', does: 'keys.new' },
	{ keys: 'j k', does: 'keys.walk' },
	{ keys: 'e', does: 'keys.edit' },
	{ keys: 'd', does: 'keys.delete' },
	{ keys: 'u', does: 'keys.undo' },
	{ keys: '?', does: 'keys.help' },
	{ keys: 'Esc', does: 'keys.escape' },
]

export const STAFF_KEYS: readonly KeyRow[] = [
	{ keys: 'a', does: 'keys.approve' },
	{ keys: 'r', does: 'keys.reject' },
	{ keys: 'h', does: 'keys.hide' },
	{ keys: 'm', does: 'keys.move' },
	{ keys: 'w', does: 'keys.waiting' },
]

/** True where a letter is meant as text, or where a key has a meaning of its own. */
export const isTyping = (target: EventTarget | null): boolean =>
	target instanceof Element && target.closest('input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]') !== null
