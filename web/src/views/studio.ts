/*
 * The way from the wall to canvases: their part of the page is fetched when it is first wanted, once, and the class's
 * workshop is opened once for as long as its room lasts.
 */
import type { Workshop } from '../canvas'
import type { Room } from '../state'

export type Parts = typeof import('./canvas')
export interface Studio {
	parts: Parts
	workshop: Workshop
}

const studios = new WeakMap<Room, Promise<Studio>>()

async function load(room: Room): Promise<Studio> {
	const parts = await import('./canvas')
	return { parts, workshop: parts.openWorkshop(room) }
}

/** Rejects when it cannot be fetched; asked again, it tries again. */
export function openStudio(room: Room): Promise<Studio> {
	let studio = studios.get(room)
	if (!studio) {
		studio = load(room)
		studios.set(room, studio)
		studio.catch(() => studios.delete(room))
	}
	return studio
}
