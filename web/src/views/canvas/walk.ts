/* Where the arrow keys go: over the title, the notes and the field of a box, and from box to box by how they lie. */
import type { CanvasView } from '../../canvas'
import { boxBeside, type Direction } from './layout'

/** What of a box can have the focus, from top to bottom. */
const stopsOf = (box: HTMLElement): HTMLElement[] => [...box.querySelectorAll<HTMLElement>('[data-title], [data-note], [data-add]')]

const isAcross = (direction: Direction): boolean => direction === 'left' || direction === 'right'

/** The note or field of a box that lies most nearly beside the one left; its title if it has neither. */
function nearest(box: HTMLElement, y: number): HTMLElement | undefined {
	const stops = stopsOf(box)
	const [title, ...rest] = stops
	const distance = (element: HTMLElement): number => {
		const { top, bottom } = element.getBoundingClientRect()
		return Math.abs((top + bottom) / 2 - y)
	}
	return rest.filter((stop) => stop.dataset.note !== undefined).sort((a, b) => distance(a) - distance(b))[0] ?? rest[0] ?? title
}

const boxNamed = (id: string | undefined): HTMLElement | null => (id === undefined ? null : document.querySelector<HTMLElement>(`[data-box="${CSS.escape(id)}"]`))

/**
 * What the focus goes to from `from` in a direction, or undefined at the edge. On a grid boxes lie as the template has
 * them; in an outline (`isFlat`) one after the other.
 */
export function stopBeside(from: HTMLElement, direction: Direction, view: CanvasView, isFlat: boolean): HTMLElement | undefined {
	const box = from.closest<HTMLElement>('[data-box]')
	if (!box) return undefined
	const stops = stopsOf(box)
	const at = stops.indexOf(from)
	if (!isAcross(direction)) {
		const within = stops[at + (direction === 'down' ? 1 : -1)]
		if (within) return within
	}
	if (isFlat) {
		const boxes = [...document.querySelectorAll<HTMLElement>('[data-box]')]
		const by = direction === 'down' || direction === 'right' ? 1 : -1
		const next = boxes[boxes.indexOf(box) + by]
		return next && (direction === 'up' ? stopsOf(next).at(-1) : stopsOf(next)[0])
	}
	const next = boxNamed(boxBeside(view.boxes, box.dataset.box!, direction)?.id)
	if (!next) return undefined
	if (!isAcross(direction)) return direction === 'down' ? stopsOf(next)[0] : stopsOf(next).at(-1)
	if (from.matches('[data-title]')) return stopsOf(next)[0]
	const { top, bottom } = from.getBoundingClientRect()
	return nearest(next, (top + bottom) / 2)
}

/** How far into a text a click was, in UTF-16 units; its end where the browser cannot tell. */
export function caretAt(text: HTMLElement, x: number, y: number): number {
	const doc = document as Document & { caretPositionFromPoint?: (x: number, y: number) => { offsetNode: Node; offset: number } | null }
	const position = doc.caretPositionFromPoint?.(x, y)
	const range = position ? { startContainer: position.offsetNode, startOffset: position.offset } : document.caretRangeFromPoint?.(x, y)
	if (!range || !text.contains(range.startContainer)) return Infinity
	const before = document.createRange()
	before.setStart(text, 0)
	before.setEnd(range.startContainer, range.startOffset)
	return before.toString().length
}
