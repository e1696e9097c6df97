/*
 * What one screen knows about a canvas and no document does: where the focus is, what is selected, what is unfolded,
 * what is in the hand. Plain reactive fields that views read and set; nothing here reaches the server but presence.
 */
import { getContext, setContext } from 'svelte'
import type { BoxView, Canvas, CanvasView, NoteView, Workshop } from '../../canvas'
import type { Room } from '../../state'
import { local } from '../../ui.svelte'
import type { Drop } from './drag'

export type Shape = 'grid' | 'outline'
/** What the bar below asks about the chosen notes. */
export type Task = '' | 'move' | 'type' | 'tags' | 'link' | 'links'

const SHAPE = 'forwhom.canvas-shape'
const NOTHING: ReadonlySet<string> = new Set()

export class Scene {
	shape = $state<Shape>(local.getItem(SHAPE) === 'outline' ? 'outline' : 'grid')
	/** The note that has the focus, or had it last. */
	current = $state('')
	/** Several notes at once; empty means the current one alone. */
	selected = $state.raw<ReadonlySet<string>>(NOTHING)
	/** Taps choose notes instead of opening them: how a finger selects several. */
	isSelecting = $state(false)
	/** The note whose text is open. */
	editing = $state('')
	/** Where in the text the caret goes when it opens, in UTF-16 units; beyond the end is the end. */
	caret = Infinity
	/** The box whose questions are unfolded. */
	asking = $state('')
	task = $state<Task>('')
	/** The note that a link was begun at, wherever the focus goes to choose the other end. */
	linkFrom = ''
	/** All links at once, not only those of the note in focus. */
	isLinked = $state(false)
	/** The customer type that new notes get. */
	pen = $state(0)
	carried = $state.raw<{ ids: ReadonlySet<string>; x: number; y: number; drop: Drop | null } | null>(null)
	pulled = $state.raw<{ from: string; x: number; y: number; over: string } | null>(null)
	/** On a phone: the box that is shown, and whether the map of all of them is. */
	page = $state('')
	isMap = $state(false)
	isPrinting = $state(false)

	setShape(shape: Shape): void {
		this.shape = shape
		local.setItem(SHAPE, shape)
	}

	/** The notes that a deed is about, in the order of the canvas. */
	chosen(view: CanvasView): NoteView[] {
		if (this.selected.size === 0) {
			const note = view.notes.get(this.current)
			return note ? [note] : []
		}
		return view.ordered.flatMap((box) => box.notes.filter((note) => this.selected.has(note.id)))
	}

	/** Takes a note into the selection, or out of it. The first one brings the current note along. */
	toggle(note: string): void {
		const next = new Set(this.selected)
		if (next.has(note)) next.delete(note)
		else next.add(note)
		this.selected = next
		if (next.size === 0) this.isSelecting = false
	}

	select(notes: Iterable<string>): void {
		this.selected = new Set(notes)
	}

	unselect(): void {
		this.selected = NOTHING
		this.isSelecting = false
		this.task = ''
	}

	/** Opens or folds up what the bar asks. */
	ask(task: Task): void {
		this.task = this.task === task ? '' : task
		if (task === 'link') this.linkFrom = this.current
	}

	/** Forgets notes that are gone. */
	keepOnly(view: CanvasView): void {
		if ([...this.selected].some((id) => !view.notes.has(id))) this.select([...this.selected].filter((id) => view.notes.has(id)))
		if (this.current && !view.notes.has(this.current)) this.current = ''
		if (this.editing && !view.notes.has(this.editing)) this.editing = ''
	}
}

/** What every part of a canvas's screen works with. */
export interface Stage {
	room: Room
	workshop: Workshop
	canvas: Canvas
	scene: Scene
	/** Told to a screen reader at once: the answer to what was just done. */
	tell: (sentence: string) => void
}

const STAGE = Symbol('canvas')
export const setStage = (stage: Stage): Stage => setContext(STAGE, stage)
export const useStage = (): Stage => getContext<Stage>(STAGE)

/** The first box of the recommended order that is still empty, once anything is written at all. */
export function nextBox(ordered: readonly BoxView[]): string {
	const inOrder = ordered.filter((box) => box.order > 0)
	return inOrder.find((box) => box.notes.length === 0)?.id ?? ''
}
