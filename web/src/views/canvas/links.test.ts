import { describe, expect, test } from 'vitest'
import type { BoxView, CanvasView, LinkView, NoteView } from '../../canvas'
import { nested, tiesOf, type Nested } from './links'

const note = (id: string, box = 'a', links: string[] = []) => ({ id, box, text: id, links }) as unknown as NoteView
const link = (id: string, from: string, to: string, as = 'inside') => ({ id, from, to, as }) as LinkView
const box = (notes: NoteView[], to = 'a') => ({ id: 'a', title: 'A', notes, links: [{ to, as: 'inside' }] }) as unknown as BoxView
const shape = (nodes: Nested[]): unknown[] => nodes.map(({ note: { id }, inside }) => (inside.length > 0 ? [id, shape(inside)] : id))

describe('notes inside notes', () => {
	const three = [note('1'), note('2'), note('3')]
	test('who links to another stands inside it', () => {
		expect(shape(nested(box(three), [link('x', '3', '1'), link('y', '2', '3')]))).toEqual([['1', [['3', ['2']]]]])
	})
	test('only where the box lists itself, and only by that meaning', () => {
		expect(shape(nested(box(three, 'b'), [link('x', '3', '1')]))).toEqual(['1', '2', '3'])
		expect(shape(nested(box(three), [link('x', '3', '1', 'note')]))).toEqual(['1', '2', '3'])
	})
	test('a circle loses no note', () => {
		expect(shape(nested(box(three), [link('x', '2', '1'), link('y', '3', '2'), link('z', '1', '3')]))).toEqual([['1', [['2', ['3']]]]])
	})
	test('two outer notes: it stands in the first, once', () => {
		expect(shape(nested(box(three), [link('x', '3', '1'), link('y', '3', '2')]))).toEqual([['1', ['3']], '2'])
	})
})

test('ties tell the other end, its box and which way they lead', () => {
	const one = note('1', 'a', ['x', 'y', 'gone'])
	const view = {
		boxes: [box([one]), { id: 'b', title: 'B' }],
		notes: new Map([one, note('2', 'b'), note('3', 'b')].map((n) => [n.id, n])),
		links: [link('x', '1', '2'), link('y', '3', '1'), link('z', '2', '3'), link('gone', '1', 'nowhere')],
	} as unknown as CanvasView
	expect(tiesOf(view, one).map((tie) => [tie.link.id, tie.other.id, tie.box, tie.isOut])).toEqual([
		['x', '2', 'B', true],
		['y', '3', 'B', false],
	])
})
