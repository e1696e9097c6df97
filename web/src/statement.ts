/*
 * A value proposition as one sentence: For ‹for› who ‹who›, ‹venture› offers ‹offer› that helps ‹helps›. Any part may
 * be missing; what is left must still read well. The connecting words come from the catalogue, the parts stay the
 * author's own words, and the caller tells them apart on the screen.
 */
import { t, type Key } from './text'

export const PARTS = ['for', 'who', 'offer', 'helps'] as const
export type Part = (typeof PARTS)[number]

export interface Words {
	for: string
	who: string
	offer: string
	helps: string
	venture: string
}

/** A stretch of the sentence: a connecting word, one of the author's parts, the venture's name, or punctuation. */
export interface Piece {
	kind: 'join' | Part | 'venture' | 'mark'
	text: string
	/** Written directly behind what stands before it, without a space. */
	tight?: boolean
	/** The part is empty: the text is what could be said there. */
	blank?: boolean
}

/** One line, as `line` fields have to be: breaks and control characters, which come with pasted text, become spaces. */
export const oneLine = (s: string): string => s.replace(/\p{Cs}/gu, '\ufffd').replace(/[\s\p{Cc}]+/gu, ' ').trim()

const softEnd = /[\s.,;:،؛。]+$/u
const hardEnd = /[.!?…。！？؟।]["'”’»)]*$/u

/** Upper case at the beginning of the sentence. */
function capital(s: string): string {
	const first = [...s][0] ?? ''
	return first.toLocaleUpperCase() + s.slice(first.length)
}

/**
 * The pieces of the sentence. With `prompts` the missing parts are there as blanks, for the composer; without them
 * the sentence closes over what is missing.
 */
export function readStatement(words: Words, prompts?: Record<Part, string>): Piece[] {
	const has = (part: Part) => oneLine(words[part]) !== '' || prompts !== undefined
	const pieces: Piece[] = []
	const join = (key: Key) => pieces.push({ kind: 'join', text: t(key) })
	const say = (part: Part, isLast: boolean) => {
		const text = oneLine(words[part])
		if (text === '') pieces.push({ kind: part, text: prompts![part], blank: true })
		else pieces.push({ kind: part, text: isLast ? text : text.replace(softEnd, '') || text })
	}
	const venture = oneLine(words.venture)
	const offers = has('offer')
	const helps = has('helps')
	if (has('for')) {
		join('statement.for')
		say('for', !has('who') && !offers && !helps)
	}
	if (has('who')) {
		join(has('for') ? 'statement.who' : 'statement.those_who')
		say('who', !offers && !helps)
	}
	if (offers || helps) {
		if (pieces.length > 0) pieces.push({ kind: 'mark', text: t('statement.comma'), tight: true })
		if (venture !== '') pieces.push({ kind: 'venture', text: venture })
		const verb = offers ? 'offer' : 'help'
		join(venture !== '' ? `statement.venture_${verb}s` : `statement.we_${verb}`)
		if (offers) say('offer', !helps)
		if (offers && helps) join('statement.that_helps')
		if (helps) say('helps', true)
	}
	const last = pieces.at(-1)
	if (!last) return []
	if (!hardEnd.test(last.text)) pieces.push({ kind: 'mark', text: t('statement.stop'), tight: true })
	const first = pieces[0]!
	if (first.kind === 'join') pieces[0] = { ...first, text: capital(first.text) }
	return pieces
}

/** The sentence as plain text. */
export const plainStatement = (words: Words): string =>
	readStatement(words).reduce((text, piece) => (text === '' || piece.tight ? text + piece.text : `${text} ${piece.text}`), '')

const segmenter = 'Segmenter' in Intl ? new Intl.Segmenter() : null

/** How long a person would say a text is: in grapheme clusters, as the limits are. */
export function lengthOf(s: string): number {
	if (!segmenter) return [...s].length
	let n = 0
	for (const _ of segmenter.segment(s)) n++
	return n
}
