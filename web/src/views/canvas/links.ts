/* Links as the notes at their ends see them, and the notes that stand inside other notes of their box. */
import type { BoxView, CanvasView, LinkView, NoteView } from '../../canvas'

/** One link as the note `here` has it. */
export interface Tie {
	link: LinkView
	other: NoteView
	/** The other box's title. */
	box: string
	/** It leads from here to there. */
	isOut: boolean
}

/** Links of a note whose other ends are on the canvas, in the order of what they lead to. */
export function tiesOf(view: CanvasView, note: NoteView): Tie[] {
	const own = new Set(note.links)
	return view.links.flatMap((link) => {
		if (!own.has(link.id)) return []
		const isOut = link.from === note.id
		const other = view.notes.get(isOut ? link.to : link.from)
		const box = other && view.boxes.find((b) => b.id === other.box)
		return other && box ? [{ link, other, box: box.title, isOut }] : []
	})
}

export interface Nested {
	note: NoteView
	inside: Nested[]
}

/**
 * The notes of a box as a tree, where the box lists itself as a target of its links: who links to another is
 * part of it and stands inside it. A note that is part of several stands in the first.
 */
export function nested(box: BoxView, links: readonly LinkView[]): Nested[] {
	const as = new Set(box.links.filter((link) => link.to === box.id).map((link) => link.as))
	if (as.size === 0) return box.notes.map((note) => ({ note, inside: [] }))
	const nodes = new Map(box.notes.map((note) => [note.id, { note, inside: [] as Nested[] }]))
	const outer = new Map<string, string>()
	for (const { from, to, as: meaning } of links) {
		if (as.has(meaning) && from !== to && nodes.has(from) && nodes.has(to) && !outer.has(from) && !isInside(outer, to, from)) outer.set(from, to)
	}
	for (const { id } of box.notes) nodes.get(outer.get(id) ?? '')?.inside.push(nodes.get(id)!)
	return box.notes.filter(({ id }) => !outer.has(id)).map(({ id }) => nodes.get(id)!)
}

function isInside(outer: ReadonlyMap<string, string>, note: string, of: string): boolean {
	for (let at: string | undefined = note; at !== undefined; at = outer.get(at)) if (at === of) return true
	return false
}
