/* Other people's notes, as a screen reader is told of them: gathered, and counted by box. */
import type { Arrival } from '../../announce'
import type { CanvasView } from '../../canvas'
import { formatList, t } from '../../text'

/** What the announcer watches of a canvas. */
export const arrivalsOf = (view: CanvasView): Arrival[] =>
	view.boxes.flatMap((box) => box.notes.map((note) => ({ id: note.id, isMine: note.isMine, deleted: '', section: box.id })))

/** "2 new notes in Channels and 1 new note in Key Partners." */
export function tellNotes(notes: readonly Arrival[], boxes: readonly { id: string; title: string }[]): string {
	const counts = new Map<string, number>()
	for (const { section } of notes) counts.set(section, (counts.get(section) ?? 0) + 1)
	const phrases = [...counts].flatMap(([id, n]) => {
		const title = boxes.find((box) => box.id === id)?.title
		return title === undefined ? [] : [t('announce.notes_in', { n, box: title })]
	})
	return phrases.length === 0 ? '' : t('announce.whole', { list: formatList(phrases) })
}
