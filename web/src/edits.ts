/*
 * One edit of a text, as it is on the wire (proto/README.md §11): skips, insertions and deletions over Unicode code
 * points. Only reading, checking and applying; what several people's edits do to each other is in typing.ts.
 *
 * The checks are as strict as those of proto/text.c: an edit that is not tidy or reaches beyond the text changes nothing.
 */
import type { Edit } from './wire'

const COUNT_MOST = 0x7fffffff
/** What no text holds: control characters except newline and tab, and halves of surrogate pairs. */
// eslint-disable-next-line no-control-regex
const FOREIGN = /[\u0000-\u0008\u000b-\u001f]|\p{Surrogate}/u

/** Whether UTF-16 unit `at` is the second half of a pair that is whole. */
export const isInsidePair = (text: string, at: number): boolean =>
	at > 0 && at < text.length && (text.charCodeAt(at) & 0xfc00) === 0xdc00 && (text.charCodeAt(at - 1) & 0xfc00) === 0xd800

/** The index of the place `count` code points behind index `from`; -1 if the text ends before. */
export function forward(text: string, from: number, count: number): number {
	let at = from
	for (let left = count; left > 0; left--) {
		if (at >= text.length) return -1
		at += isInsidePair(text, at + 1) ? 2 : 1
	}
	return at
}

/** Length in code points, up to index `end`. */
export function pointsIn(text: string, end = text.length): number {
	let points = 0
	for (let at = 0; at < end; at += isInsidePair(text, at + 1) ? 2 : 1) points++
	return points
}

const isCount = (n: unknown): n is number => Number.isInteger(n) && (n as number) >= 1 && (n as number) <= COUNT_MOST
const isWords = (s: unknown): s is string => typeof s === 'string' && s !== '' && !FOREIGN.test(s)

type Component = Edit[number]

export const isDeletion = (part: Component): part is { d: number | string } => typeof part === 'object'
/** How many code points of the old text the component walks over. */
export const spanOf = (part: Component): number =>
	typeof part === 'number' ? part : isDeletion(part) ? (typeof part.d === 'number' ? part.d : pointsIn(part.d)) : 0

function isComponent(part: unknown): boolean {
	if (typeof part !== 'object') return typeof part === 'number' ? isCount(part) : isWords(part)
	if (part === null || Array.isArray(part) || Object.keys(part).length !== 1) return false
	const { d } = part as { d?: unknown }
	return typeof d === 'number' ? isCount(d) : isWords(d)
}

/** Whether it is a tidy edit: no empty component, no two neighbours of a kind, no skip at the end. */
export function isEdit(edit: unknown): edit is Edit {
	if (!Array.isArray(edit)) return false
	const parts = edit as unknown[]
	return parts.every((part, n) => isComponent(part) && (n === 0 || typeof part !== typeof parts[n - 1])) && typeof parts.at(-1) !== 'number'
}

/** The text after the edit, or null if the edit is not tidy or does not fit. */
export function applyEdit(text: string, edit: Edit): string | null {
	if (!isEdit(edit)) return null
	let at = 0
	let out = ''
	for (const part of edit) {
		if (typeof part === 'string') {
			out += part
			continue
		}
		const to = forward(text, at, spanOf(part))
		if (to < 0) return null
		if (typeof part === 'number') out += text.slice(at, to)
		at = to
	}
	return out + text.slice(at)
}
