/*
 * What belongs to this screen alone and to no document: where it is, what is unfolded, what was just said. Plain
 * reactive fields; views read and set them.
 */
import { localStore, sessionStore } from './browser'
import { Identities } from './identity'
import { Tab } from './outbox'
import { readRoute, type Route } from './route'

export type Panel = '' | 'menu' | 'places' | 'settings' | 'code' | 'device' | 'name' | 'keys'
export type Filter = 'all' | 'waiting' | 'mine' | 'rejected' | 'deleted'

export type Unfolded = 'edit' | 'mend' | 'reject' | 'move' | 'more'

export interface Toast {
	text: string
	action?: { label: string; run: () => void }
	isBad?: boolean
	/** It offers the only quick way back, or says what went wrong: it stays longer. */
	isSlow?: boolean
}

export const local = localStore()
export const session = sessionStore()
export const identities = new Identities(local, session)
export const tab = new Tab(local, session)

const SHORTCUTS = 'forwhom.no-shortcuts'
const SORT = 'forwhom.sort'

class Screen {
	route = $state.raw<Route>(readRoute(location.hash))
	/** What the door or the sign-in has to say about how one came there. */
	message = $state('')
	panel = $state<Panel>('')
	filter = $state<Filter>('all')
	/** On a phone: the one section that is shown, or all. */
	section = $state('')
	newestFirst = $state(local.getItem(SORT) === 'newest')
	isComposing = $state(false)
	/** The one card that is unfolded, and what it shows. */
	open = $state.raw<{ id: string; what: Unfolded } | null>(null)
	toast = $state.raw<Toast | null>(null)
	spoken = $state('')
	now_ms = $state(Date.now())
	isPhone = $state(false)
	/** The class has more than its wall. */
	hasPlaces = $state(false)
	shortcuts = $state(local.getItem(SHORTCUTS) === null)

	/** Where it is already, so that the browser's own news of it changes nothing again. */
	private hash = location.hash
	private toastTimer: ReturnType<typeof setTimeout> | undefined

	watch(): void {
		const phone = matchMedia('(max-width: 719px)')
		this.isPhone = phone.matches
		phone.addEventListener('change', () => (this.isPhone = phone.matches))
		addEventListener('hashchange', () => location.hash !== this.hash && this.arrive(location.hash))
		setInterval(() => (this.now_ms = Date.now()), 20_000)
	}

	go(hash: string): void {
		location.hash = hash
		this.arrive(hash)
	}

	/** Goes there without leaving the old address in the history: for addresses that hold a secret. */
	replace(hash: string): void {
		history.replaceState(null, '', hash)
		this.arrive(hash)
	}

	private arrive(hash: string): void {
		this.hash = hash
		this.route = readRoute(hash)
		this.panel = ''
		this.toast = null
		this.open = null
		this.isComposing = false
	}

	togglePanel(panel: Panel): void {
		this.panel = this.panel === panel ? '' : panel
	}

	unfold(id: string, what: Unfolded): void {
		this.open = this.open?.id === id && this.open.what === what ? null : { id, what }
		// It would lie over the field that opens.
		if (this.open && what !== 'more') this.toast = null
	}

	say(toast: Toast): void {
		this.toast = toast
		clearTimeout(this.toastTimer)
		this.toastTimer = setTimeout(() => this.fade(toast), toast.isSlow || toast.isBad ? 20_000 : 7_000)
	}

	setShortcuts(on: boolean): void {
		this.shortcuts = on
		if (on) local.removeItem(SHORTCUTS)
		else local.setItem(SHORTCUTS, '1')
	}

	setNewestFirst(on: boolean): void {
		this.newestFirst = on
		if (on) local.setItem(SORT, 'newest')
		else local.removeItem(SORT)
	}

	/** A message in which the focus stands stays until it is left. */
	private fade(toast: Toast): void {
		if (this.toast !== toast) return
		if (document.querySelector('.toast:focus-within, .toast:hover')) this.toastTimer = setTimeout(() => this.fade(toast), 5_000)
		else this.toast = null
	}
}

export const ui = new Screen()
