import { describe, expect, test } from 'vitest'
import type { CanvasView, MomentRow, NoteView } from '../../canvas'
import { learn } from '../../text'
import words from '../../sentences/canvas/en.json'
import { changesBetween, thingsOnCanvas, thingsOnWall } from './changes'
import { sayMoment } from './moments'

learn('en', words)

const note = (id: string, text: string, box = 'b', rest: Partial<NoteView> = {}) => ({ id, text, box, pos: 'a', type: 0, tags: [], ...rest }) as unknown as NoteView
const canvas = (notes: NoteView[], links: object[] = []) =>
	({ boxes: [{ id: 'b', title: 'Pains', questions: [], tip: '', tags: [] }, { id: 'c', title: 'Gains', questions: [], tip: '', tags: [] }], removedBoxes: [], notes: new Map(notes.map((n) => [n.id, n])), links }) as unknown as CanvasView
const between = (a: CanvasView, b: CanvasView) => changesBetween(thingsOnCanvas(a), thingsOnCanvas(b)).map(({ what, thing }) => `${what} ${thing.kind} ${thing.label} ${thing.place}`.trim())

describe('changes between neighbours', () => {
	test('each is told by the most that happened to it', () => {
		const before = canvas([note('1', 'stays'), note('2', 'old'), note('3', 'moves'), note('4', 'goes'), note('5', 'marked')])
		const after = canvas([note('1', 'stays'), note('2', 'new'), note('3', 'moves', 'c'), note('5', 'marked', 'b', { type: 2 }), note('6', 'comes')])
		expect(between(before, after)).toEqual(['words note new Pains', 'moved note moves Gains', 'marks note marked Pains', 'added note comes Pains', 'gone note goes Pains'])
		expect(between(after, after)).toEqual([])
	})
	test('a link is told by its ends, and not beside a note that went', () => {
		const link = { id: 'l', from: '1', to: '2' }
		const both = [note('1', 'x'), note('2', 'y')]
		expect(between(canvas(both), canvas(both, [link]))).toEqual(['added link x – y'])
		expect(between(canvas(both, [link]), canvas([both[0]!]))).toEqual(['gone note y Pains'])
	})
	test('on a wall: posts by their sentence, in their sections; deleted ones are gone', () => {
		const section = { id: 's', kind: 'section', fields: { title: 'Health' } }
		const post = { id: 'p', kind: 'post', fields: { for: 'nurses', offer: 'lockers', section: 's', state: 'shown' } }
		const gone = { ...post, fields: { ...post.fields, deleted: 'author' } }
		expect(changesBetween(thingsOnWall([section, post]), thingsOnWall([section, gone]))).toMatchObject([{ what: 'gone', thing: { label: 'For nurses, we offer lockers.', place: 'Health' } }])
	})
})

describe('a moment in words', () => {
	const row: MomentRow = { at: 1, ms: 0, who: 'm', whoName: 'Ama O.', cmd: 'note.move', n: 1, id: 'x' }
	test('who did what', () => expect(sayMoment(row)).toBe('Ama O. moved a note'))
	test('several', () => expect(sayMoment({ ...row, n: 3 })).toBe('Ama O. moved notes'))
	test('somebody, where one may not know who', () => expect(sayMoment({ ...row, who: '', whoName: '' })).toBe('Somebody moved a note'))
	test('changes, where several were put together or the command is a newer one', () => {
		expect(sayMoment({ ...row, who: '', whoName: '', cmd: '', n: 4 })).toBe('4 changes')
		expect(sayMoment({ ...row, cmd: 'note.frobnicate', n: 2 })).toBe('Ama O. made 2 changes')
	})
})
