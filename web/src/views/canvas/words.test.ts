import { describe, expect, test } from 'vitest'
import { brief, cleanText, initials, pieces } from './words'

describe('links in a text', () => {
	const links = (text: string) => pieces(text).flatMap((piece) => piece.href ?? [])

	test('the pieces are the text', () => {
		for (const text of ['', 'plain', 'see https://a.org/b?c=d#e, and (http://x.net).', 'https://a.org', '\nhttps://é.fr/ü\n']) {
			expect(pieces(text).map((piece) => piece.text).join('')).toBe(text)
		}
	})
	test('http and https alone', () => {
		expect(links('javascript:alert(1) ftp://a.org mailto:a@b.org data:text/html,x //a.org www.a.org')).toEqual([])
		expect(links('HTTPS://A.org and http://b.net/x')).toEqual(['https://a.org/', 'http://b.net/x'])
	})
	test('the punctuation of the sentence stays outside', () => {
		expect(links('Is it https://a.org/b? Or (https://a.org/c). «https://a.org/d»')).toEqual(['https://a.org/b', 'https://a.org/c', 'https://a.org/d'])
		expect(links('https://a.org/wiki/X_(y) it is')).toEqual(['https://a.org/wiki/X_(y)'])
	})
	test('what is no address is text', () => expect(links('https:// http://[ https://...')).toEqual([]))
	test('a long text of brackets and dots ends soon', () => {
		const began_ms = performance.now()
		pieces('https://a.org/' + ').'.repeat(2_400))
		expect(performance.now() - began_ms).toBeLessThan(500)
	})
})

test('a note in brief is its first line', () => {
	expect(brief('  one \ntwo')).toBe('one')
	expect(brief('é'.repeat(80))).toBe('é'.repeat(59) + '…')
	expect([...brief('😀'.repeat(61))]).toHaveLength(60)
})

test('initials are letters of every script', () => {
	expect(initials('Ama Owusu')).toBe('AO')
	expect(initials('  jun ')).toBe('J')
	expect(initials('María del Carmen Ruiz')).toBe('MR')
	expect(initials('😀 x')).toBe('😀X')
	expect(initials('')).toBe('')
})

test('a paste keeps its letters and loses what a note may not hold', () => {
	expect(cleanText('a\r\nb\rc\td')).toBe('a\nb\nc\td')
	expect(cleanText('a\u0000\u0007\u001b[0m\u0085b')).toBe('a[0mb')
	expect(cleanText('👩‍👩‍👧 مرحبا')).toBe('👩‍👩‍👧 مرحبا')
	expect(cleanText('half \ud83d pair')).toBe('half \ufffd pair')
})
