import { describe, expect, test } from 'vitest'
import type { BoxView, CanvasView, LinkView, NoteView } from '../../canvas'
import { asBlob, fileName } from './files'
import { statementOf } from './statement_of'

describe('names of files', () => {
	test.each([
		['Team 3 – Value: a/b?', 'svg', 'Team 3 – Value a b.svg'],
		['  ..hidden. ', 'csv', 'hidden.csv'],
		['///', 'json', 'forwhom.json'],
		['顧客 é', 'md', '顧客 é.md'],
	] as const)('%s', (title, format, name) => expect(fileName(title, format)).toBe(name))
	test('a long one is cut between characters', () => {
		expect([...fileName('😀'.repeat(200), 'png')]).toHaveLength(84)
	})
})

test('tables begin with what makes spreadsheets read them right, and nothing else does', async () => {
	const bytes = async (format: 'csv' | 'json') => [...new Uint8Array(await asBlob('é', format).arrayBuffer())]
	expect(await bytes('csv')).toEqual([0xef, 0xbb, 0xbf, 0xc3, 0xa9])
	expect(await bytes('json')).toEqual([0xc3, 0xa9])
})

describe('a statement around a note', () => {
	const note = (id: string, box: string, text: string, part: NoteView['part'] = '') => ({ id, box, text, part }) as NoteView
	const canvas = (boxes: [string, string[]][], notes: NoteView[], links: [string, string][]): CanvasView =>
		({
			boxes: boxes.map(([id, parts]) => ({ id, parts }) as unknown as BoxView),
			notes: new Map(notes.map((one) => [one.id, one])),
			links: links.map(([from, to]) => ({ from, to }) as LinkView),
		}) as unknown as CanvasView
	const boxes: [string, string[]][] = [
		['people', ['for']],
		['pains', ['who']],
		['gains', ['helps']],
		['props', ['offer', 'helps']],
		['other', []],
	]

	test('from the linked notes by their boxes, lines folded', () => {
		const view = canvas(boxes, [note('a', 'people', 'nurses'), note('b', 'props', 'lockers\nfor food'), note('c', 'pains', 'miss meals')], [['a', 'b'], ['c', 'a']])
		expect(statementOf(view, 'b')).toEqual({ for: 'nurses', who: 'miss meals', offer: 'lockers for food', helps: '', venture: '' })
	})
	test('what a note was when it came from the wall goes before what its box is for', () => {
		const view = canvas(boxes, [note('a', 'props', 'eat well', 'helps'), note('b', 'props', 'lockers', 'offer')], [['a', 'b']])
		expect(statementOf(view, 'a')).toMatchObject({ offer: 'lockers', helps: 'eat well' })
	})
	test('the nearest note says it, and one note says one thing', () => {
		const view = canvas(boxes, [note('a', 'props', 'one'), note('b', 'people', 'near'), note('c', 'people', 'far')], [['a', 'b'], ['b', 'c']])
		expect(statementOf(view, 'a')).toEqual({ for: 'near', who: '', offer: 'one', helps: '', venture: '' })
	})
	test('a note of which nothing is known is what is offered; circles end', () => {
		const view = canvas(boxes, [note('a', 'other', 'x'), note('b', 'other', 'y')], [['a', 'b'], ['b', 'a']])
		expect(statementOf(view, 'a')).toMatchObject({ for: '', offer: 'x' })
		expect(statementOf(view, 'nobody').offer).toBe('')
	})
})
