/* What can be done to notes: by whom, and with what said afterwards. Keys, buttons and drags all come here. */
import { tick } from 'svelte'
import type { BoxView, NoteView } from '../../canvas'
import { t } from '../../text'
import { ui } from '../../ui.svelte'
import type { Stage } from './scene.svelte'

export const noteElement = (id: string): HTMLElement | null => document.querySelector<HTMLElement>(`[data-note="${CSS.escape(id)}"]`)
export const boxElement = (id: string): HTMLElement | null => document.querySelector<HTMLElement>(`[data-box="${CSS.escape(id)}"]`)
export const fieldOf = (box: string): HTMLTextAreaElement | null => boxElement(box)?.querySelector<HTMLTextAreaElement>('[data-add]') ?? null

export const isChangeable = (note: NoteView): boolean => note.isChangeable && note.refused === null
const changeable = (notes: readonly NoteView[]): string[] => notes.filter(isChangeable).map((note) => note.id)

export const boxOf = (stage: Stage, id: string): BoxView | undefined => stage.canvas.view.boxes.find((box) => box.id === id)

/** Puts the focus on a note once it is on the screen, and turns to its box where one box is shown at a time. */
export async function focusNote(stage: Stage, id: string): Promise<void> {
	const note = stage.canvas.view.notes.get(id)
	if (!note) return
	stage.scene.current = id
	stage.scene.page = note.box
	stage.scene.isMap = false
	await tick()
	const element = noteElement(id)
	element?.focus({ preventScroll: true })
	element?.scrollIntoView({ block: 'nearest', inline: 'nearest' })
}

/** Opens a note's text, if one may write in it. */
export function openNote(stage: Stage, id: string, caret = Infinity): void {
	const note = stage.canvas.view.notes.get(id)
	if (!note || !isChangeable(note)) return
	stage.scene.caret = caret
	stage.scene.current = id
	stage.scene.editing = id
	stage.scene.task = ''
}

/** The note after the chosen ones, or before them: where the focus goes when they are gone. */
function neighbour(stage: Stage, ids: readonly string[]): string {
	const gone = new Set(ids)
	const box = boxOf(stage, stage.canvas.view.notes.get(ids[0]!)?.box ?? '')
	const at = box?.notes.findIndex((note) => gone.has(note.id)) ?? -1
	if (!box || at < 0) return ''
	return (box.notes.slice(at).find((note) => !gone.has(note.id)) ?? box.notes.slice(0, at).reverse().find((note) => !gone.has(note.id)))?.id ?? ''
}

/** What a strip with an undo of its own says is no longer so. */
export function undo(stage: Stage): void {
	if (ui.toast?.action) ui.toast = null
	stage.canvas.undo()
}

export function deleteNotes(stage: Stage, notes: readonly NoteView[]): void {
	const ids = changeable(notes)
	if (ids.length === 0) return
	const box = notes[0]!.box
	const next = neighbour(stage, ids)
	stage.scene.unselect()
	stage.scene.editing = ''
	stage.canvas.deleteNotes(ids)
	ui.say({
		isSlow: true,
		text: t('canvas.deleted', { n: ids.length }),
		action: {
			label: t('undo'),
			run: () => {
				stage.canvas.restoreNotes(ids)
				void tick().then(() => focusNote(stage, ids[0]!))
			},
		},
	})
	if (next) void focusNote(stage, next)
	else void tick().then(() => (fieldOf(box) ?? boxElement(box)?.querySelector<HTMLElement>('[data-title]'))?.focus())
}

export function duplicateNotes(stage: Stage, notes: readonly NoteView[]): void {
	if (!stage.canvas.view.rights.add || notes.length === 0) return
	stage.canvas.duplicateNotes(notes.filter((note) => note.refused === null).map((note) => note.id))
	stage.tell(t('canvas.duplicated', { n: notes.length }))
}

export function moveNotes(stage: Stage, notes: readonly NoteView[], box: string, before = ''): void {
	const ids = changeable(notes)
	if (ids.length === 0 || ids.includes(before)) return
	stage.canvas.moveNotes(ids, box, before || undefined)
	stage.tell(t('canvas.moved', { n: ids.length, box: boxOf(stage, box)?.title ?? '' }))
	if (notes.length === 1) void focusNote(stage, ids[0]!)
}

/** One place up or down within the box. */
export function shiftNote(stage: Stage, note: NoteView, by: 1 | -1): void {
	const others = boxOf(stage, note.box)?.notes ?? []
	const at = others.findIndex((other) => other.id === note.id)
	if (at < 0 || !others[at + by]) return
	const before = by === -1 ? others[at - 1]!.id : (others[at + 2]?.id ?? '')
	moveNotes(stage, [note], note.box, before)
}

export function setType(stage: Stage, notes: readonly NoteView[], type: number): void {
	const ids = changeable(notes)
	if (ids.length > 0) stage.canvas.setNotes(ids, { type })
}

/** The tag is put on all of them, or taken off if all have it. */
export function toggleTag(stage: Stage, notes: readonly NoteView[], tag: string): void {
	const all = notes.filter(isChangeable)
	const isOnAll = all.every((note) => note.tags.includes(tag))
	const byTags = new Map<string, { ids: string[]; tags: string[] }>()
	for (const note of all) {
		const tags = isOnAll ? note.tags.filter((other) => other !== tag) : [...note.tags.filter((other) => other !== tag), tag]
		const group = byTags.get(tags.join('\n')) ?? { ids: [], tags }
		group.ids.push(note.id)
		byTags.set(tags.join('\n'), group)
	}
	for (const { ids, tags } of byTags.values()) stage.canvas.setNotes(ids, { tags })
}

export function tie(stage: Stage, from: string, to: string): void {
	const { view } = stage.canvas
	stage.scene.task = ''
	if (!view.rights.add || from === to || !view.notes.has(from) || !view.notes.has(to)) return
	const isThere = view.links.some((link) => (link.from === from && link.to === to) || (link.from === to && link.to === from))
	if (!isThere) stage.canvas.addLink(from, to)
	stage.tell(t(isThere ? 'canvas.linked_already' : 'canvas.linked'))
	void focusNote(stage, from)
}

export function untie(stage: Stage, link: string): void {
	stage.canvas.removeLink(link)
	ui.say({ isSlow: true, text: t('canvas.unlinked'), action: { label: t('undo'), run: () => stage.canvas.undo() } })
}
