/* From a canvas back to the wall: the composer opens with what the note and its links say, to be read before it is posted. */
import { emptyDraft, isEmptyDraft, type Draft } from '../../drafts'
import { classHash } from '../../route'
import { t } from '../../text'
import { ui } from '../../ui.svelte'
import type { Stage } from '../canvas/scene.svelte'
import { statementOf } from './statement_of'

const PLACE = 'new'

function open({ room }: Stage, draft: Draft): void {
	room.drafts.write(PLACE, draft)
	ui.isComposing = false
	// The composer reads its draft when it opens.
	requestAnimationFrame(() => (ui.isComposing = true))
}

export function postToWall(stage: Stage, note: string): void {
	const { room, canvas } = stage
	const before = room.drafts.read(PLACE)
	const words = statementOf(canvas.view, note)
	ui.go(classHash(room.view.code))
	open(stage, { ...emptyDraft(), words })
	if (before && !isEmptyDraft(before)) ui.say({ isSlow: true, text: t('put.replaced'), action: { label: t('undo'), run: () => open(stage, before) } })
}
