/* What differs between two neighbouring moments, as a list that can be read and marked. */
import type { CanvasView } from '../../canvas'
import { plainStatement, type Words } from '../../statement'
import type { WireObject } from '../../wire'
import { brief } from '../canvas/words'

/** One thing of a document as it was: a note, box, link, post or section. */
export interface Thing {
	id: string
	kind: 'note' | 'box' | 'link' | 'post' | 'section'
	/** It in a few words. */
	label: string
	/** The title of the box or section it is in. */
	place: string
	words: string
	/** Everything else that can be seen of it. */
	rest: string
}

export interface Change {
	what: 'added' | 'gone' | 'moved' | 'words' | 'marks'
	thing: Thing
}

export const wordsOf = ({ fields }: WireObject): Words => ({
	for: String(fields.for ?? ''),
	who: String(fields.who ?? ''),
	offer: String(fields.offer ?? ''),
	helps: String(fields.helps ?? ''),
	venture: String(fields.venture ?? ''),
})

export function thingsOnCanvas(view: CanvasView): Thing[] {
	const titles = new Map([...view.boxes, ...view.removedBoxes].map((box) => [box.id, box.title]))
	const label = (id: string): string => brief(view.notes.get(id)?.text ?? '')
	return [
		...view.boxes.map(({ id, title, questions, tip, tags, col, row, w, h, order }): Thing => {
			return { id, kind: 'box', label: title, place: '', words: [title, ...questions, tip, ...tags].join('\n'), rest: [col, row, w, h, order].join(' ') }
		}),
		...[...view.notes.values()].map(({ id, text, box, pos, type, tags }): Thing => {
			return { id, kind: 'note', label: brief(text), place: titles.get(box) ?? '', words: text, rest: [pos, type, ...tags].join('\n') }
		}),
		...view.links.map(({ id, from, to }): Thing => ({ id, kind: 'link', label: `${label(from)} – ${label(to)}`, place: '', words: '', rest: '' })),
	]
}

export function thingsOnWall(objects: readonly WireObject[]): Thing[] {
	const titles = new Map(objects.flatMap(({ id, kind, fields }) => (kind === 'section' ? [[id, String(fields.title ?? '')] as const] : [])))
	return objects.flatMap((object): Thing[] => {
		const { id, kind, fields } = object
		if (fields.deleted) return []
		if (kind === 'section') return [{ id, kind, label: titles.get(id)!, place: '', words: titles.get(id)!, rest: String(fields.pos ?? '') }]
		if (kind !== 'post') return []
		const words = plainStatement(wordsOf(object))
		return [{ id, kind, label: brief(words), place: titles.get(String(fields.section ?? '')) ?? '', words, rest: `${String(fields.state)} ${String(fields.pos)}` }]
	})
}

/** What came, went and changed from one moment to the next. Links follow their notes: with a note that came or went they are not told. */
export function changesBetween(before: readonly Thing[], after: readonly Thing[]): Change[] {
	const old = new Map(before.map((thing) => [thing.id, thing]))
	const changes: Change[] = []
	for (const thing of after) {
		const was = old.get(thing.id)
		old.delete(thing.id)
		if (!was) changes.push({ what: 'added', thing })
		else if (was.words !== thing.words) changes.push({ what: 'words', thing })
		else if (was.place !== thing.place) changes.push({ what: 'moved', thing })
		else if (was.rest !== thing.rest) changes.push({ what: 'marks', thing })
	}
	for (const thing of old.values()) changes.push({ what: 'gone', thing })
	const isAboutNotes = changes.some(({ what, thing }) => thing.kind === 'note' && (what === 'added' || what === 'gone'))
	return isAboutNotes ? changes.filter(({ thing }) => thing.kind !== 'link') : changes
}
