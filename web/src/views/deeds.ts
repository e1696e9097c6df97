/* What can be done to a card: by whom, and with what said afterwards. Keys, buttons and menus all come here. */
import type { PostView, Room } from '../state'
import { t } from '../text'
import { ui } from '../ui.svelte'

/** Members put their pens down; instructors never do. */
export const pensDown = (room: Room): boolean => room.view.frozen && !room.view.isStaff

export const canEdit = (room: Room, post: PostView): boolean => post.isMine && !post.isGhost && post.deleted === '' && !pensDown(room)

export const canDelete = (room: Room, post: PostView): boolean =>
	(post.isMine || room.view.isStaff) && !post.isGhost && post.deleted === '' && !pensDown(room)

export const canRestore = (room: Room, post: PostView): boolean =>
	post.deleted !== '' && !pensDown(room) && (room.view.isStaff ? post.deleted === 'staff' || post.isMine : post.deleted === 'author')

/** Something of it waits for an instructor: the post itself, or a change of it. */
export const isWaiting = (post: PostView): boolean => post.deleted === '' && (post.state === 'held' || post.revision?.state === 'held')

/** Brings a card into sight, gives it the focus and says with a fading ring which one it is. */
export function reveal(id: string, section: string): void {
	if (ui.filter !== 'mine') ui.filter = 'all'
	if (ui.section !== section) ui.section = ''
	requestAnimationFrame(() => {
		const card = document.querySelector<HTMLElement>(`[data-post="${CSS.escape(id)}"]`)
		card?.scrollIntoView({ block: 'center' })
		card?.focus({ preventScroll: true })
		card?.animate([{ boxShadow: '0 0 0 5px var(--accent)' }, { boxShadow: '0 0 0 5px transparent' }], 1_600)
	})
}

export function deletePost(room: Room, post: PostView): void {
	if (!canDelete(room, post)) return
	ui.open = null
	room.do('post.delete', { id: post.id })
	ui.say({ isSlow: true, text: t('toast.deleted'), action: { label: t('undo'), run: () => room.do('post.restore', { id: post.id }) } })
}

export function approve(room: Room, post: PostView): void {
	if (!room.view.isStaff || !(isWaiting(post) || post.state === 'rejected')) return
	ui.open = null
	room.do('post.approve', { id: post.id })
}

export function reject(room: Room, post: PostView, reason: string): void {
	room.do('post.reject', { id: post.id, ...(reason && { reason }) })
	ui.open = null
}

export function toggleHidden(room: Room, post: PostView): void {
	if (!room.view.isStaff || post.deleted !== '') return
	if (post.state === 'shown') {
		room.do('post.hide', { id: post.id })
		ui.say({ isSlow: true, text: t('toast.hidden'), action: { label: t('undo'), run: () => room.do('post.show', { id: post.id }) } })
	} else if (post.state === 'hidden') room.do('post.show', { id: post.id })
}

export function move(room: Room, post: PostView, section: string, before?: string): void {
	room.do('post.move', { id: post.id, ...(section && { section }), ...(before && { before }) })
	ui.open = null
}

export function removeSection(room: Room, id: string): void {
	room.do('section.remove', { id })
	ui.say({ isSlow: true, text: t('toast.section_removed'), action: { label: t('undo'), run: () => room.do('section.restore', { id }) } })
}
