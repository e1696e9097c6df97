/* All that a canvas's screen is made of, loaded when one is opened and not with the wall. */
import type { Workshop } from '../../canvas'
import { ui } from '../../ui.svelte'
import { Scene, type Stage } from './scene.svelte'

export { openWorkshop } from '../../canvas'
export { default as Avatars } from './Avatars.svelte'
export { default as CanvasPlace } from './CanvasPlace.svelte'
export { default as Places } from './Places.svelte'
export { default as Where } from './Where.svelte'
export { default as Elsewhere } from '../teams/Elsewhere.svelte'
export { default as MenuMore } from '../files/MenuMore.svelte'
export { default as PutInto } from '../files/PutInto.svelte'
export { CANVAS_KEYS } from './keys'
export type { Stage }

/** A canvas opened for this screen; `stage.canvas.close()` when it goes. */
export const openStage = (workshop: Workshop, id: string): Stage => ({
	room: workshop.room,
	workshop,
	canvas: workshop.canvas(id),
	scene: new Scene(),
	tell: (sentence) => (ui.spoken = sentence),
})
