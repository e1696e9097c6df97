/* Text as notes hold it: the links in it, its first line, what of a paste may stay; and names in two letters. */

export interface Piece {
	text: string
	/** Where it leads, for a link; http and https alone. */
	href?: string
}

const ADDRESS = /\bhttps?:\/\/[^\s<>"“”«»]+/giu
/** Belongs to the sentence around an address rather than to it. */
const TAIL = new Set('.,;:!?\'’…')
const BRACKETS: Readonly<Record<string, string>> = { ')': '(', ']': '[', '}': '{' }

/** An address ends before the punctuation of its sentence and before a bracket that was opened outside it. */
function trimAddress(found: string): string {
	const count = new Map<string, number>()
	for (const c of found) count.set(c, (count.get(c) ?? 0) + 1)
	let end = found.length
	for (; end > 0; end--) {
		const c = found[end - 1]!
		const opening = BRACKETS[c]
		const isStray = opening !== undefined && count.get(c)! > (count.get(opening) ?? 0)
		if (!isStray && !TAIL.has(c)) break
		count.set(c, count.get(c)! - 1)
	}
	return found.slice(0, end)
}

function addressOf(text: string): string | undefined {
	try {
		const url = new URL(text)
		return (url.protocol === 'https:' || url.protocol === 'http:') && url.hostname !== '' ? url.href : undefined
	} catch {
		return undefined
	}
}

/** The text cut into plain pieces and links; joined they are the text again. */
export function pieces(text: string): Piece[] {
	const out: Piece[] = []
	let at = 0
	for (const match of text.matchAll(ADDRESS)) {
		const address = trimAddress(match[0])
		const href = addressOf(address)
		if (href === undefined) continue
		if (match.index > at) out.push({ text: text.slice(at, match.index) })
		out.push({ text: address, href })
		at = match.index + address.length
	}
	if (at < text.length) out.push({ text: text.slice(at) })
	return out
}

const BRIEF = 60

/** A note in a few words, for lists and labels. */
export function brief(text: string): string {
	const line = text.trim().split('\n', 1)[0]!.trim()
	const points = [...line]
	return points.length > BRIEF ? points.slice(0, BRIEF - 1).join('').trimEnd() + '…' : line
}

/** The first letters of the first and the last word of a name. */
export function initials(name: string): string {
	const words = name.trim().split(/\s+/u).filter((word) => word !== '')
	const chosen = words.length > 1 ? [words[0]!, words.at(-1)!] : words
	return chosen.map((word) => [...word][0]!.toLocaleUpperCase()).join('')
}

/** What is pasted or typed, as a note may hold it: lines end alike, and no other control characters. */
export const cleanText = (text: string): string =>
	text
		.replace(/\r\n?/g, '\n')
		.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '')
		.replace(/\p{Surrogate}/gu, '\ufffd')
