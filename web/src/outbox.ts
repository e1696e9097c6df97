/*
 * Commands that the server has not yet made durable, oldest first. Each is written to the browser's storage before it
 * is sent, so a reload, a closed lid or an evicted tab loses no words. Sending one twice does no harm: the server knows
 * a command by its id and answers it as the first time.
 *
 *     kept ──send──▸ sent ──ok──▸ saved ──its effect is on screen──▸ gone
 *       ▴              │
 *       └─ lost, rate ─┴──no──▸ refused (stays, with its words, until the person decides)
 *
 * Every tab writes under a key of its own. A tab shows that it lives by a time it renews; what a tab leaves behind is
 * taken over by the next one of the same person.
 */
import { keysOf, type Store } from './browser'
import type { Commands } from './gen/tables'
import { newId } from './ids'
import type { CommandArgs, CommandName, No, SayArgs } from './wire'

export type PendingState = 'kept' | 'sent' | 'saved' | 'refused'

export interface Refused {
	code: string
	say: string
	args: SayArgs
}

export interface Pending {
	readonly id: string
	readonly doc: string
	readonly cmd: CommandName
	readonly args: CommandArgs
	/** When the person did it, by this device's clock. */
	readonly made_ms: number
	readonly state: PendingState
	/** How often it was sent. Zero means that nobody but this device can know of it. */
	readonly tries: number
	/** With `saved`: the counter at which the effect is visible, and when the answer came. */
	readonly at?: number
	readonly saved_ms?: number
	readonly refused?: Refused
}

const BOX = 'forwhom.out.'
const TAB = 'forwhom.tab.'
export const BEAT_MS = 5_000
const STALE_MS = 3 * BEAT_MS

/** What a refusal that only asks for patience is called. */
const PATIENCE = new Set(['rate', 'busy', 'readonly'])

/**
 * This tab's name among the tabs of one browser. While the tab lives, the name is only in memory, so that a duplicated
 * tab does not inherit it; it is left in session storage when the page goes, for the reload that may follow.
 */
export class Tab {
	readonly id: string

	constructor(
		private readonly local: Store,
		private readonly session: Store,
	) {
		this.id = read(session, TAB) ?? newId()
		session.removeItem(TAB)
		this.beat()
	}

	/** To be called every BEAT_MS while the tab is visible. */
	beat(): void {
		write(this.local, TAB + this.id, String(Date.now()))
	}

	/** A hidden tab may be frozen or evicted without notice, so others may take over its box from now on. */
	rest(): void {
		this.local.removeItem(TAB + this.id)
	}

	leave(): void {
		this.rest()
		write(this.session, TAB, this.id)
	}
}

/** Whether a tab showed lately that it lives. */
export const isAlive = (store: Store, tab: string): boolean => Date.now() - Number(read(store, TAB + tab) ?? 0) < STALE_MS

export function read(store: Store, key: string): string | null {
	try {
		return store.getItem(key)
	} catch {
		return null
	}
}

export function write(store: Store, key: string, value: string): boolean {
	try {
		store.setItem(key, value)
		return true
	} catch {
		return false
	}
}

function parse(text: string | null): Pending[] {
	try {
		const list: unknown = JSON.parse(text ?? '[]')
		return Array.isArray(list) ? (list as Pending[]).filter((p) => typeof p.id === 'string' && typeof p.cmd === 'string') : []
	} catch {
		return []
	}
}

export class Outbox {
	items: readonly Pending[] = []
	/** False when the browser refused to store: then the words live only as long as the tab. */
	durable = true

	private readonly key: string

	/** `scope` is the class and the person, so that two people at one browser keep two boxes. */
	constructor(
		private readonly store: Store,
		private readonly scope: string,
		tab: string,
	) {
		this.key = `${BOX}${scope}.${tab}`
		this.items = parse(read(store, this.key)).map(asKept)
		this.adopt()
	}

	add<C extends CommandName>(doc: string, cmd: C, args: Commands[C]): Pending {
		const bare: CommandArgs = Object.fromEntries(Object.entries(args as object).filter(([, value]) => value !== undefined))
		const unsent = this.items.find((p) => p.cmd === 'post.add' && p.tries === 0 && p.state === 'kept' && p.args.id === bare.id)
		if (cmd === 'post.edit' && unsent) return this.replace(unsent, { args: withWords(unsent.args, bare) })
		const made: Pending = { id: newId(), doc, cmd, args: bare, made_ms: Date.now(), state: 'kept', tries: 0 }
		this.keep([...this.items, made])
		return made
	}

	/** The next commands to send, in order, with at most `room` under way at once. */
	next(room: number): Pending[] {
		const under_way = this.items.filter((p) => p.state === 'sent').length
		return this.items.filter((p) => p.state === 'kept').slice(0, Math.max(0, room - under_way))
	}

	sent(id: string): void {
		this.change(id, (p) => ({ ...p, state: 'sent', tries: p.tries + 1 }))
	}

	/** The connection went: what was not answered is not known, and is sent again. */
	unsend(): void {
		this.keep(this.items.map(asKept))
	}

	saved(id: string, at: number): void {
		this.change(id, (p) => ({ ...p, state: 'saved', at, saved_ms: Date.now() }))
	}

	/** Takes a refusal. True when the command goes out again by itself, once the time the server named has passed. */
	refuse(id: string, no: No): boolean {
		const item = this.items.find((p) => p.id === id)
		if (!item) return false
		const touched = new Set(touchedBy(item))
		const before = this.items.slice(0, this.items.indexOf(item)).filter((p) => p.doc === item.doc && touchedBy(p).some((one) => touched.has(one)))
		if (PATIENCE.has(no.code) || before.some((p) => p.state === 'kept' || p.state === 'sent')) {
			this.change(id, (p) => ({ ...p, state: 'kept' }))
			return true
		}
		const lost = before.find((p) => p.state === 'refused' && (p.cmd === 'post.add' || p.cmd === 'note.add'))
		if (lost && item.cmd === 'post.edit') {
			this.replace(lost, { id: newId(), args: withWords(lost.args, item.args) })
			this.drop(id)
		} else if (lost && (item.cmd === 'post.delete' || (item.cmd === 'note.delete' && touched.size === 1))) {
			this.drop(id, lost.id)
		} else {
			this.change(id, (p) => ({ ...p, state: 'refused', refused: { code: no.code, say: no.say, args: no.args ?? {} } }))
		}
		return false
	}

	/** Sends a refused command once more; a refusal is not remembered by the server, so the id stays. */
	again(id: string): void {
		this.change(id, ({ refused: _, ...p }) => ({ ...p, state: 'kept' }))
	}

	drop(...ids: string[]): void {
		this.keep(this.items.filter((p) => !ids.includes(p.id)))
	}

	/** Drops what is saved and whose effect `isShown` says is on screen. True if anything went. */
	sweep(isShown: (item: Pending) => boolean): boolean {
		const left = this.items.filter((p) => p.state !== 'saved' || !isShown(p))
		if (left.length === this.items.length) return false
		this.keep(left)
		return true
	}

	/** Takes over the boxes of this person's tabs that are gone. True if there was anything in them. */
	adopt(): boolean {
		let found = false
		for (const key of keysOf(this.store, `${BOX}${this.scope}.`)) {
			if (key === this.key || isAlive(this.store, key.slice(BOX.length + this.scope.length + 1))) continue
			const known = new Set(this.items.map((p) => p.id))
			const orphans = parse(read(this.store, key)).filter((p) => !known.has(p.id))
			if (orphans.length > 0) {
				this.keep([...orphans.map(asKept), ...this.items])
				if (!this.durable) continue
				found = true
			}
			this.store.removeItem(key)
		}
		return found
	}

	/**
	 * After this tab was hidden: what another tab of the same person took over and dealt with meanwhile is gone from here
	 * too. Only refused commands are given up so; for the others the server's answer to the resend tells.
	 */
	reconcile(): void {
		if (!this.durable) return
		const stored = new Set(parse(read(this.store, this.key)).map((p) => p.id))
		this.keep(this.items.filter((p) => p.state !== 'refused' || stored.has(p.id)))
	}

	private change(id: string, how: (item: Pending) => Pending): void {
		this.keep(this.items.map((p) => (p.id === id ? how(p) : p)))
	}

	private replace(item: Pending, by: Partial<Pending>): Pending {
		const now = { ...item, ...by }
		this.keep(this.items.map((p) => (p === item ? now : p)))
		return now
	}

	private keep(items: readonly Pending[]): void {
		this.items = items
		const worth = items.filter((p) => p.state !== 'saved')
		if (worth.length === 0) {
			this.store.removeItem(this.key)
			this.durable = true
		} else this.durable = write(this.store, this.key, JSON.stringify(worth))
	}
}

const asKept = (p: Pending): Pending => (p.state === 'sent' ? { ...p, state: 'kept' } : p)

/** What it is about: without these it means nothing. */
function touchedBy({ args }: Pending): readonly unknown[] {
	const { id, ids, from, to } = args
	return [id, ...(Array.isArray(ids) ? (ids as unknown[]) : []), from, to].filter((one) => one !== undefined)
}

/** The words of an edit put into the command that adds the post. */
function withWords(add: Pending['args'], edit: Pending['args']): Pending['args'] {
	const { version: _, ...words } = edit
	return { ...add, ...words }
}
