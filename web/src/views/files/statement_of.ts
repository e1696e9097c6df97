/* The way back from a canvas: the parts of a statement, found around one of its notes. */
import type { CanvasView, NoteView } from '../../canvas'
import { oneLine, PARTS, type Part, type Words } from '../../statement'

/** What a note can say in a statement: what it was when it was promoted, or else what its box is for. */
function partsOf(view: CanvasView, note: NoteView): readonly string[] {
	if (note.part) return [note.part]
	return view.boxes.find((box) => box.id === note.box)?.parts ?? []
}

function neighbours(view: CanvasView, id: string): NoteView[] {
	return view.links.flatMap(({ from, to }) => (from === id ? (view.notes.get(to) ?? []) : to === id ? (view.notes.get(from) ?? []) : []))
}

/** So far a part may stand from the note that it is asked for: segment, job, proposition, product. */
const FARTHEST = 3

/**
 * The statement that a note and the notes linked to it make: each part is what the nearest note says that can say it; the
 * note itself comes first, and if nothing tells what it is, it is the offer.
 */
export function statementOf(view: CanvasView, id: string): Words {
	const words: Words = { for: '', who: '', offer: '', helps: '', venture: '' }
	const start = view.notes.get(id)
	if (!start) return words
	const isUsed = new Set<string>()
	const take = (note: NoteView, parts: readonly string[]): void => {
		const part = PARTS.find((one: Part) => parts.includes(one) && words[one] === '')
		if (!part || isUsed.has(note.id)) return
		isUsed.add(note.id)
		words[part] = oneLine(note.text)
	}
	take(start, partsOf(view, start))
	if (isUsed.size === 0) take(start, ['offer'])
	const seen = new Set([id])
	let ring = [start]
	for (let step = 0; step < FARTHEST && ring.length > 0; step++) {
		const next: NoteView[] = []
		for (const note of ring) {
			for (const other of neighbours(view, note.id)) {
				if (seen.has(other.id)) continue
				seen.add(other.id)
				next.push(other)
				take(other, partsOf(view, other))
			}
		}
		ring = next
	}
	return words
}
