import { describe, expect, test } from 'vitest'
import vectors from '../../proto/vectors/names.json'
import { lengthOf, oneLine, plainStatement, readStatement, type Part, type Words } from './statement'

const none: Words = { for: '', who: '', offer: '', helps: '', venture: '' }
const whole: Words = { for: 'night-shift nurses', who: 'miss meals', offer: 'stocked lockers', helps: 'them eat well', venture: '' }
const say = (words: Partial<Words>) => plainStatement({ ...none, ...words })

describe('a statement reads as one sentence', () => {
	test.each<[Partial<Words>, string]>([
		[whole, 'For night-shift nurses who miss meals, we offer stocked lockers that helps them eat well.'],
		[{ ...whole, venture: 'Lockr' }, 'For night-shift nurses who miss meals, Lockr offers stocked lockers that helps them eat well.'],
		[{ ...whole, who: '' }, 'For night-shift nurses, we offer stocked lockers that helps them eat well.'],
		[{ ...whole, for: '' }, 'For those who miss meals, we offer stocked lockers that helps them eat well.'],
		[{ ...whole, offer: '' }, 'For night-shift nurses who miss meals, we help them eat well.'],
		[{ ...whole, offer: '', venture: 'Lockr' }, 'For night-shift nurses who miss meals, Lockr helps them eat well.'],
		[{ ...whole, helps: '' }, 'For night-shift nurses who miss meals, we offer stocked lockers.'],
		[{ for: 'nurses' }, 'For nurses.'],
		[{ who: 'miss meals' }, 'For those who miss meals.'],
		[{ offer: 'lockers' }, 'We offer lockers.'],
		[{ offer: 'lockers', venture: 'mPharma' }, 'mPharma offers lockers.'],
		[{ helps: 'them eat' }, 'We help them eat.'],
		[{ for: 'nurses', offer: 'lockers' }, 'For nurses, we offer lockers.'],
		[{ venture: 'Lockr' }, ''],
		[{}, ''],
	])('%j', (words, sentence) => expect(say(words)).toBe(sentence))

	test('the author’s own punctuation is neither doubled nor lost', () => {
		expect(say({ for: 'nurses,', who: 'miss meals.', offer: 'lockers.', helps: 'them eat!' })).toBe('For nurses who miss meals, we offer lockers that helps them eat!')
		expect(say({ for: 'nurses.' })).toBe('For nurses.')
		expect(say({ helps: 'them ask “why not?”' })).toBe('We help them ask “why not?”')
		expect(say({ for: '...', who: 'wait' })).toBe('For ... who wait.')
	})

	test('parts stay the author’s own, in any script', () => {
		const pieces = readStatement({ ...whole, for: 'أصحاب المتاجر', offer: '<b>float</b>' })
		expect(pieces.find((p) => p.kind === 'for')?.text).toBe('أصحاب المتاجر')
		expect(pieces.find((p) => p.kind === 'offer')?.text).toBe('<b>float</b>')
	})

	test('the composer shows what is missing as blanks', () => {
		const prompts: Record<Part, string> = { for: 'a group', who: 'have a problem', offer: 'a product', helps: 'them do what' }
		const pieces = readStatement({ ...none, who: 'wait' }, prompts)
		expect(pieces.filter((p) => p.blank).map((p) => p.text)).toEqual(['a group', 'a product', 'them do what'])
		expect(pieces.map((p) => p.text).join(' ')).toBe('For a group who wait , we offer a product that helps them do what .')
	})
})

describe('lines', () => {
	const clean = vectors.lines.filter((c) => c.line !== null)
	test.each(clean)('$typed as the server keeps it', ({ typed, line }) => expect(oneLine(typed).normalize('NFC')).toBe(line))
	test('what the server would refuse is made harmless', () => expect(oneLine('a\u001b[2Jb\u0000\ud83d')).toBe('a [2Jb \ufffd'))
})

describe('length', () => {
	test.each(vectors.graphemes)('$text is $count', ({ text, count }) => expect(lengthOf(text)).toBe(count))
})
