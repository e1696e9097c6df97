import { expect, test } from 'vitest'
import type { CanvasView } from '../../canvas'
import words from '../../sentences/canvas/en.json'
import { learn } from '../../text'
import { arrivalsOf, tellNotes } from './arrivals'

learn('en', words)

const boxes = [
	{ id: 'a', title: 'Channels', notes: [{ id: '1', isMine: false }, { id: '2', isMine: true }] },
	{ id: 'b', title: 'Key Partners', notes: [{ id: '3', isMine: false }] },
]

test('notes are counted by box', () => {
	const all = arrivalsOf({ boxes } as unknown as CanvasView)
	expect(all.map(({ id, isMine, section }) => [id, isMine, section])).toEqual([
		['1', false, 'a'],
		['2', true, 'a'],
		['3', false, 'b'],
	])
	expect(tellNotes(all, boxes)).toBe('2 new notes in Channels and 1 new note in Key Partners.')
	expect(tellNotes([], boxes)).toBe('')
	expect(tellNotes([{ id: '9', isMine: false, deleted: '', section: 'gone' }], boxes)).toBe('')
})
