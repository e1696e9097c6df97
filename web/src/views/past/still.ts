/* A canvas as it was, for the same components that show it as it is: something to read, and nothing that obeys. */
import type { Canvas, CanvasView } from '../../canvas'
import type { Stage } from '../canvas/scene.svelte'
import { Scene } from '../canvas/scene.svelte'

export interface Still {
	stage: Stage
	show(view: CanvasView): void
}

/** With no rights at all the components offer no deed, so none of a canvas's own are here. */
export function stillOf(workshop: Stage['workshop'], first: CanvasView): Still {
	let view = first
	const readers = new Set<(view: CanvasView) => void>()
	const canvas = {
		id: first.id,
		subscribe(read: (view: CanvasView) => void) {
			readers.add(read)
			read(view)
			return () => readers.delete(read)
		},
		get view() {
			return view
		},
		here: () => {},
	} as unknown as Canvas
	return {
		stage: { room: workshop.room, workshop, canvas, scene: new Scene(), tell: () => {} },
		show(next) {
			view = next
			for (const read of readers) read(next)
		},
	}
}
