import { describe, expect, test } from 'vitest'
import shared from '../../proto/sentences/en.json'
import canvas from './sentences/canvas/en.json'
import desk from './sentences/desk/en.json'
import page from './sentences/en.json'
import { ago, languageOf, learn, pickLanguage, say, sayIn, t } from './text'

describe('sentences', () => {
	test('arguments are filled in, and one that is missing stays visible', () => {
		expect(t('state.entering', { code: 'KXR-4HTM' })).toBe('Entering KXR-4HTM…')
		expect(t('state.entering')).toBe('Entering {code}…')
	})
	test('arguments are text: what looks like a place for another is left alone', () => {
		expect(t('toast.posted_in', { section: '{n} <b>' })).toBe('Your statement is on the wall, in {n} <b>.')
	})
	test('plurals by the rules of the language', () => {
		expect([0, 1, 2].map((n) => t('count.posts', { n }))).toEqual(['0 posts', '1 post', '2 posts'])
		const polish = languageOf('pl', { posts: { one: '{n} wpis', few: '{n} wpisy', many: '{n} wpisów', other: '{n} wpisu' } })
		expect([1, 3, 5].map((n) => sayIn(polish, 'posts', { n }))).toEqual(['1 wpis', '3 wpisy', '5 wpisów'])
	})
	test('numbers are written as the language writes them', () => {
		expect(sayIn(languageOf('de', { n: '{n} Zeichen' }), 'n', { n: 12345 })).toBe('12.345 Zeichen')
	})
	test('what a language lacks is said in English', () => {
		expect(sayIn(languageOf('fr', { save: 'Enregistrer' }), 'save')).toBe('Enregistrer')
		expect(sayIn(languageOf('fr', {}), 'save')).toBe('Save')
	})
	test('the language is the first wish there is a catalogue for', () => {
		expect(pickLanguage(['de-CH', 'fr'], ['en', 'de'])).toBe('de')
		expect(pickLanguage(['pt-BR'], ['en', 'pt', 'pt-BR'])).toBe('pt-BR')
		expect(pickLanguage(['xx'], ['en'])).toBe('en')
		expect(pickLanguage([], ['en'])).toBe('en')
	})
	test('page and server do not use one key for two sentences, nor do parts of the page', () => {
		const keys = [shared, page, canvas, desk].flatMap((part) => Object.keys(part))
		expect(keys.filter((key, n) => keys.indexOf(key) !== n)).toEqual([])
	})
	test('what a part of the page says is known once it is there', () => {
		expect(sayIn(languageOf('en', page), 'desk.heading')).toBeUndefined()
		learn('en', desk)
		expect(t('desk.heading')).toBe(desk['desk.heading'])
	})
})

describe('refusals', () => {
	test('are said with their arguments, fields by their names', () => {
		expect(say({ say: 'quota.posts', args: { max: 200 } })).toBe('You have reached 200 posts in this class.')
		expect(say({ say: 'bad_value.long', args: { field: 'offer', max: 600 } })).toBe('“What you offer” is too long: at most 600 characters.')
	})
	test('a key this page does not know falls back to the nearest above it', () => {
		expect(say({ say: 'frozen.for_lunch' })).toBe(shared.frozen)
		expect(say({ say: 'brand.new', code: 'busy' })).toBe(shared.busy)
		expect(say({ say: 'brand.new', code: 'new' })).toBe('The server did not accept it.')
	})
})

test('how long ago', () => {
	const now = 1_000_000_000_000
	const min = 60_000
	expect([0, 59_999, -5 * min, min, 59 * min, 60 * min, 47 * 60 * min, 72 * 60 * min].map((ms) => ago(now - ms, now))).toEqual([
		'just now',
		'just now',
		'just now',
		'1 min. ago',
		'59 min. ago',
		'1 hr. ago',
		'yesterday',
		'3 days ago',
	])
})
