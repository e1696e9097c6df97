/*
 * Sentences. What people read is named by a key and filled in with arguments: the server sends keys (refusals, from
 * proto/sentences), the page has its own (sentences/). A language is one catalogue more in `catalogues`; what it lacks
 * is said in English.
 *
 * A catalogue's value is a sentence with {arguments}, or one sentence per plural category of the argument `n`.
 */
import shared from '../../proto/sentences/en.json'
import type canvas from './sentences/canvas/en.json'
import type desk from './sentences/desk/en.json'
import page from './sentences/en.json'

const english = { ...shared, ...page }

export type Key = keyof typeof english | keyof typeof canvas | keyof typeof desk
export type Sentence = string | Partial<Record<Intl.LDMLPluralRule, string>>
export type Catalogue = Partial<Record<string, Sentence>>
export type Args = Readonly<Record<string, string | number | boolean>>

/** The languages there are, by tag, most preferred spelling first in each. */
const catalogues: Readonly<Record<string, Catalogue>> = { en: english }

/** Sentences of a part of the page that was loaded later. */
export function learn(tag: string, more: Catalogue): void {
	Object.assign(catalogues[tag] ?? {}, more)
}

const RTL = new Set(['ar', 'dv', 'fa', 'he', 'ps', 'ur', 'yi'])

interface Language {
	tag: string
	catalogue: Catalogue
	plural: Intl.PluralRules
	number: Intl.NumberFormat
	relative: Intl.RelativeTimeFormat
	list: Intl.ListFormat
}

export function languageOf(tag: string, catalogue: Catalogue): Language {
	return {
		tag,
		catalogue,
		plural: new Intl.PluralRules(tag),
		number: new Intl.NumberFormat(tag),
		relative: new Intl.RelativeTimeFormat(tag, { numeric: 'auto', style: 'short' }),
		list: new Intl.ListFormat(tag),
	}
}

/** The first of the wished languages that there is a catalogue for: exactly, or by its first part. */
export function pickLanguage(wished: readonly string[], there: readonly string[]): string {
	for (const tag of wished) {
		const lower = tag.toLowerCase()
		const exact = there.find((t) => t.toLowerCase() === lower)
		const near = there.find((t) => t.toLowerCase() === lower.split('-')[0])
		if (exact ?? near) return (exact ?? near)!
	}
	return 'en'
}

let language = languageOf('en', english)

/** Chooses the page's language by what the browser wishes, and says so in the document. */
export function chooseLanguage(wished: readonly string[]): void {
	const tag = pickLanguage(wished, Object.keys(catalogues))
	language = languageOf(tag, catalogues[tag] ?? english)
	document.documentElement.lang = tag
	document.documentElement.dir = RTL.has(tag.split('-')[0]!) ? 'rtl' : 'ltr'
}

function fill(sentence: string, args: Args, { number }: Language): string {
	return sentence.replace(/\{(\w+)\}/g, (whole, name: string) => {
		const value = args[name]
		if (value === undefined) return whole
		return typeof value === 'number' ? number.format(value) : String(value)
	})
}

export function sayIn(lang: Language, key: string, args: Args = {}): string | undefined {
	const sentence = lang.catalogue[key] ?? (english as Catalogue)[key]
	if (sentence === undefined) return undefined
	if (typeof sentence === 'string') return fill(sentence, args, lang)
	const category = lang.plural.select(Number(args.n ?? 0))
	return fill(sentence[category] ?? sentence.other ?? '', args, lang)
}

/** One of the page's own sentences. */
export function t(key: Key, args?: Args): string {
	return sayIn(language, key, args) ?? key
}

/** The catalogue's names for what a refusal calls by its protocol name. */
const named = (args: Args): Args =>
	typeof args.field === 'string' ? { ...args, field: sayIn(language, `field.${args.field}`) ?? args.field } : args

/**
 * What the server says. A newer server may use a key that this page does not know: then the nearest one above it is
 * said (`quota.posts`, `quota`), and at last that it was refused.
 */
export function say(refusal: { say: string; code?: string; args?: Args }): string {
	const args = named(refusal.args ?? {})
	const keys = [refusal.say, refusal.say.split('.')[0]!, refusal.code ?? '', 'refused.unknown']
	for (const key of keys) {
		const said = sayIn(language, key, args)
		if (said !== undefined) return said
	}
	return refusal.say
}

export const formatNumber = (n: number): string => language.number.format(n)
export const formatList = (items: string[]): string => language.list.format(items)

const MINUTE_MS = 60_000
const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
	['day', 24 * 60 * MINUTE_MS],
	['hour', 60 * MINUTE_MS],
	['minute', MINUTE_MS],
]

/** How long ago: "just now", "2 min. ago". A clock that runs ahead does not make it the future. */
export function ago(then_ms: number, now_ms: number): string {
	const past_ms = now_ms - then_ms
	for (const [unit, size_ms] of STEPS) {
		if (past_ms >= size_ms) return language.relative.format(-Math.floor(past_ms / size_ms), unit)
	}
	return t('time.now')
}
