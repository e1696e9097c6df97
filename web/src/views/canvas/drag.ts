/*
 * Moving notes and drawing links by pointer: a mouse lifts a note by moving, a finger by resting on it, so that a
 * finger that moves at once scrolls. Listens on the canvas as a whole; what lies where is asked of the document at the
 * time, by the data-note, data-box and data-scroll that views put on their elements. Decides nothing: whether a note may move
 * and what a drop does is told by `hands`.
 */

/** Where something would be put: into a box, before a note of it or at its end. */
export interface Drop {
	box: string
	before: string
}

export interface Hands {
	/** Whether this note may be lifted. */
	canLift(note: string): boolean
	lift(note: string, x: number, y: number): void
	/** The pointer moved; `drop` is where the note would go now. */
	carry(x: number, y: number, drop: Drop | null): void
	drop(drop: Drop): void
	/** Ends without a drop. */
	letGo(): void
	/** A finger rested on a note and was taken off where it was. */
	rest(note: string): void
	pull(note: string, x: number, y: number): void
	stretch(x: number, y: number, over: string): void
	tie(from: string, to: string): void
	/** The carried note stays at the edge of the screen: the next box, or the one before. */
	turn(by: 1 | -1): void
}

const MOUSE_SLACK_PX = 5
const FINGER_SLACK_PX = 10
const REST_MS = 380
const EDGE_PX = 56
const SCROLL_MOST_PX = 14
const TURN_EDGE_PX = 32
const TURN_MS = 550

type Phase = 'idle' | 'pressed' | 'rested' | 'carrying' | 'pulling'

const noteAt = (element: Element | null): HTMLElement | null => element?.closest<HTMLElement>('[data-note]') ?? null

/** Where a note that is carried at this place of the screen would be put. */
export function dropAt(x: number, y: number, carried: ReadonlySet<string>): Drop | null {
	const box = document.elementFromPoint(x, y)?.closest<HTMLElement>('[data-box]')
	if (!box?.dataset.box) return null
	const notes = [...box.querySelectorAll<HTMLElement>('[data-note]')].filter((n) => n.closest('[data-box]') === box && !carried.has(n.dataset.note!))
	const next = notes.find((n) => {
		const { top, height } = n.getBoundingClientRect()
		return y < top + height / 2
	})
	return { box: box.dataset.box, before: next?.dataset.note ?? '' }
}

const speedAt = (at: number, from: number, to: number): number => {
	if (at < from + EDGE_PX) return -SCROLL_MOST_PX * Math.min(1, (from + EDGE_PX - at) / EDGE_PX)
	if (at > to - EDGE_PX) return SCROLL_MOST_PX * Math.min(1, (at - to + EDGE_PX) / EDGE_PX)
	return 0
}

/** Scrolls what lies under the pointer when it is near an edge of it. */
function scrollNear(x: number, y: number): void {
	const list = document.elementFromPoint(x, y)?.closest<HTMLElement>('[data-scroll]')
	if (list) {
		const { top, bottom } = list.getBoundingClientRect()
		list.scrollTop += speedAt(y, top, bottom)
	}
	scrollBy(0, speedAt(y, 0, innerHeight))
}

/** Listens to the pointer on `root` until the function returned is called. `carried` are the notes in hand. */
export function watchPointer(root: HTMLElement, hands: Hands, carried: () => ReadonlySet<string>): () => void {
	let phase: Phase = 'idle'
	let note = ''
	let pointer = -1
	let from_x = 0
	let from_y = 0
	let x = 0
	let y = 0
	let isFinger = false
	let turned_ms = 0
	let restTimer: ReturnType<typeof setTimeout> | undefined
	let frame = 0

	function end(): void {
		clearTimeout(restTimer)
		cancelAnimationFrame(frame)
		if (phase === 'carrying' || phase === 'pulling') hands.letGo()
		phase = 'idle'
		pointer = -1
	}

	function down(event: PointerEvent): void {
		if (phase !== 'idle' || event.button !== 0 || !event.isPrimary || !(event.target instanceof Element)) return
		const element = noteAt(event.target)
		const handle = event.target.closest('[data-handle]')
		if (!element || (!handle && event.target.closest('textarea, input, button, a'))) return
		note = element.dataset.note!
		pointer = event.pointerId
		isFinger = event.pointerType === 'touch'
		x = from_x = event.clientX
		y = from_y = event.clientY
		if (handle) {
			event.preventDefault()
			phase = 'pulling'
			root.setPointerCapture(pointer)
			hands.pull(note, x, y)
			return
		}
		phase = 'pressed'
		if (isFinger) restTimer = setTimeout(rested, REST_MS)
	}

	function rested(): void {
		if (phase !== 'pressed') return
		phase = 'rested'
		navigator.vibrate?.(8)
	}

	function begin(): void {
		if (!hands.canLift(note)) return end()
		phase = 'carrying'
		turned_ms = performance.now()
		root.setPointerCapture(pointer)
		getSelection()?.removeAllRanges()
		hands.lift(note, x, y)
		step()
	}

	/** Once a frame while something is carried, also when the pointer rests: what scrolls beneath changes the place. */
	function step(): void {
		scrollNear(x, y)
		turnNear()
		hands.carry(x, y, dropAt(x, y, carried()))
		frame = requestAnimationFrame(step)
	}

	function turnNear(): void {
		const isAtEdge = x < TURN_EDGE_PX || x > innerWidth - TURN_EDGE_PX
		if (!isAtEdge) turned_ms = performance.now()
		else if (performance.now() - turned_ms > TURN_MS) {
			turned_ms = performance.now()
			hands.turn(x < TURN_EDGE_PX ? -1 : 1)
		}
	}

	function move(event: PointerEvent): void {
		if (event.pointerId !== pointer) return
		x = event.clientX
		y = event.clientY
		const far_px = Math.hypot(x - from_x, y - from_y)
		if (phase === 'pressed' && isFinger && far_px > FINGER_SLACK_PX) end()
		else if (phase === 'pressed' && !isFinger && far_px > MOUSE_SLACK_PX) begin()
		else if (phase === 'rested' && far_px > FINGER_SLACK_PX) begin()
		else if (phase === 'pulling') hands.stretch(x, y, noteAt(document.elementFromPoint(x, y))?.dataset.note ?? '')
	}

	function up(event: PointerEvent): void {
		if (event.pointerId !== pointer) return
		const was = phase
		if (was === 'carrying') {
			const drop = dropAt(x, y, carried())
			if (drop) hands.drop(drop)
		} else if (was === 'pulling') {
			const to = noteAt(document.elementFromPoint(x, y))?.dataset.note
			if (to && to !== note) hands.tie(note, to)
		} else if (was === 'rested') hands.rest(note)
		// What a click would do has been done.
		if (was === 'carrying' || was === 'pulling' || was === 'rested') swallowClick()
		end()
	}

	function swallowClick(): void {
		const swallow = (click: Event): void => {
			click.stopPropagation()
			click.preventDefault()
		}
		root.addEventListener('click', swallow, { capture: true, once: true })
		setTimeout(() => root.removeEventListener('click', swallow, { capture: true }), 50)
	}

	const cancel = (event: PointerEvent): void => void (event.pointerId === pointer && end())
	const keydown = (event: KeyboardEvent): void => {
		if (event.key !== 'Escape' || (phase !== 'carrying' && phase !== 'pulling')) return
		event.stopPropagation()
		end()
	}
	/** A finger that carries does not scroll. */
	const touchmove = (event: TouchEvent): void => void (phase !== 'idle' && phase !== 'pressed' && event.cancelable && event.preventDefault())
	/** Resting on a note lifts it; the browser's own menu for that would come in between. */
	const contextmenu = (event: Event): void => void (isFinger && phase !== 'idle' && event.preventDefault())

	root.addEventListener('pointerdown', down)
	root.addEventListener('pointermove', move)
	root.addEventListener('pointerup', up)
	root.addEventListener('pointercancel', cancel)
	root.addEventListener('touchmove', touchmove, { passive: false })
	root.addEventListener('contextmenu', contextmenu)
	document.addEventListener('keydown', keydown, true)
	return () => {
		end()
		root.removeEventListener('pointerdown', down)
		root.removeEventListener('pointermove', move)
		root.removeEventListener('pointerup', up)
		root.removeEventListener('pointercancel', cancel)
		root.removeEventListener('touchmove', touchmove)
		root.removeEventListener('contextmenu', contextmenu)
		document.removeEventListener('keydown', keydown, true)
	}
}
