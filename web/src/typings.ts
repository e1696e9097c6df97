/*
 * All texts of a class that are typed in here: which note belongs to which session, when something goes out, what came
 * back, and what is stored so that a reload or an evicted tab loses no letter. Words that cannot be saved end up in
 * `unsaved`, for their writer to copy.
 */
import { keysOf, type Store } from './browser'
import { newId } from './ids'
import type { Link } from './link'
import { isAlive, read, write, type Refused, type Tab } from './outbox'
import { TextSession, type TypingEvents } from './typing'
import type { No, Ok, Op, Texts } from './wire'

const BOX = 'forwhom.typing.'
const TEXTS_MOST = 100
const PATIENCE_MS = 500
const UNSAVED_MOST = 100

export interface Unsaved {
	id: string
	doc: string
	docTitle: string
	note: string
	text: string
	why: Refused
	made_ms: number
}

export interface TypingsOptions {
	link: Link
	store: Store
	scope: string
	tab: Tab
	/** Whether the note's adding has not been answered yet. */
	isComing(doc: string, note: string): boolean
	titleOf(doc: string): string
	changed(): void
}

const LOST: Refused = { code: 'stale', say: 'stale', args: {} }

export class Typings {
	unsaved: readonly Unsaved[] = []
	durable = true

	private readonly docs = new Map<string, Map<string, TextSession>>()
	private readonly key: string
	private readonly events: TypingEvents
	/** What stands in the store under `key`, as far as this tab knows. */
	private written: string | null = null
	private timer: ReturnType<typeof setTimeout> | undefined
	private isDirty = false
	private isConnected = false
	/** Why words are being given up, while they are. */
	private why: Refused = LOST

	constructor(private readonly options: TypingsOptions) {
		this.key = `${BOX}${options.scope}.${options.tab.id}`
		this.events = {
			changed: () => this.changed(),
			lost: (session, text) => this.lost(session, text),
			newId,
			now: () => Date.now(),
		}
		this.take(this.key)
		this.adopt()
	}

	/** Documents in which something is typed that is not saved. */
	get waitingDocs(): string[] {
		return [...this.docs].filter(([, sessions]) => [...sessions.values()].some((s) => s.hasWords)).map(([doc]) => doc)
	}

	in(doc: string): ReadonlyMap<string, TextSession> {
		return this.docs.get(doc) ?? NONE
	}

	/** Opens an editor over a note. */
	edit(doc: string, note: string, text: string, rev: number): TextSession {
		const known = this.docs.get(doc)?.get(note)
		if (known) return known.open()
		const session = new TextSession(note, text, rev, this.events).open()
		session.isCaughtUp = this.isConnected
		this.put(doc, session)
		return session
	}

	stop(): void {
		clearTimeout(this.timer)
		this.store()
	}

	dropUnsaved(id: string): void {
		this.unsaved = this.unsaved.filter((one) => one.id !== id)
		this.changed()
	}

	// ── the connection ──

	connected(is: boolean): void {
		this.isConnected = is
		if (!is) for (const sessions of this.docs.values()) for (const session of sessions.values()) session.cut()
		this.pump()
	}

	/** What an `open` of the document asks for; words first. */
	texts(doc: string): readonly object[] {
		return [...this.in(doc).values()]
			.filter((session) => (session.hasWords || session.isOpen) && !this.options.isComing(doc, session.note))
			.sort((a, b) => Number(b.hasWords) - Number(a.hasWords))
			.slice(0, TEXTS_MOST)
			.map((session) => session.asks())
	}

	heardTexts(message: Texts): void {
		const session = this.in(message.doc).get(message.id)
		if (!session) return
		this.why = { code: 'stale', say: 'stale', args: {} }
		if (session.texts(message) === 'gap') this.options.link.reopen(message.doc)
	}

	heardOps(doc: string, ops: readonly Op[]): void {
		const sessions = this.docs.get(doc)
		if (!sessions) return
		for (const op of ops) if (op.op === 'text') sessions.get(op.id)?.op(op.rev, op.edit)
		this.see(doc)
	}

	/** Compares with the document as it is after a message. */
	see(id: string): void {
		const sessions = this.docs.get(id)
		const doc = this.options.link.docs.get(id)
		if (!sessions || !doc?.loaded) return
		let isGap = false
		for (const session of [...sessions.values()]) {
			const note = doc.objects.get(session.note)
			if (note) {
				session.back()
				isGap = session.see(String(note.fields.text ?? ''), Number(note.fields.rev ?? 0)) === 'gap' || isGap
			} else if (!this.options.isComing(id, session.note)) this.giveUp(session, { code: 'not_found', say: 'not_found', args: {} })
		}
		if (isGap) this.options.link.reopen(id)
		this.pump()
	}

	/** The document is not there for this person any more. */
	gone(doc: string): void {
		for (const session of [...this.in(doc).values()]) this.giveUp(session, { code: 'forbidden', say: 'forbidden', args: {} })
	}

	heardOk(ok: Ok): void {
		if (ok.result?.rev === undefined) return
		for (const session of this.in(ok.doc).values()) session.ok(ok.id, ok.result.rev)
	}

	heardNo(no: No): void {
		const session = [...this.docs.values()].flatMap((sessions) => [...sessions.values()]).find((s) => s.cmd !== '' && s.cmd === no.id)
		if (!session) return
		this.why = { code: no.code, say: no.say, args: no.args ?? {} }
		if (session.no(no.id!, no.code) !== 'again') return
		const { link } = this.options
		link.pausedUntil_ms = Math.max(link.pausedUntil_ms, Date.now() + (no.retry_ms ?? PATIENCE_MS))
		this.pump()
	}

	/** Sends what may be sent, and comes back when more may. */
	pump(): void {
		clearTimeout(this.timer)
		if (!this.isConnected) return
		this.reconcile()
		const { link } = this.options
		const pause_ms = link.pausedUntil_ms - Date.now()
		let next_ms = Number.POSITIVE_INFINITY
		for (const [id, sessions] of this.docs) {
			const doc = link.docs.get(id)
			for (const session of sessions.values()) {
				const due_ms = doc?.loaded && doc.objects.has(session.note) ? session.due() : null
				if (due_ms === null) continue
				if (due_ms > 0 || pause_ms > 0) next_ms = Math.min(next_ms, Math.max(due_ms, pause_ms))
				else this.send(id, session)
			}
		}
		if (next_ms < Number.POSITIVE_INFINITY) this.timer = setTimeout(() => this.pump(), next_ms)
	}

	private send(doc: string, session: TextSession): void {
		const out = session.take()
		if (!out) return
		// First stored, then sent: what comes back after a crash has to know the name under which it went.
		this.store()
		this.options.link.say({ t: 'do', id: out.cmd, doc, cmd: 'note.text', args: { id: session.note, rev: out.rev, edit: out.edit } })
	}

	// ── the browser's storage ──

	/** Takes over what tabs of this person left that are gone. True if there was anything. */
	adopt(): boolean {
		let found = false
		const prefix = `${BOX}${this.options.scope}.`
		for (const key of keysOf(this.options.store, prefix)) {
			if (key !== this.key && !isAlive(this.options.store, key.slice(prefix.length))) found = this.take(key) || found
		}
		if (found) this.changed()
		return found
	}

	/**
	 * What another tab has taken over, because this one seemed gone, is no longer ours: it is on its way from there, and
	 * sending it from here too would write it twice.
	 */
	reconcile(): void {
		const stored = read(this.options.store, this.key)
		if (!this.durable || this.written === null || stored === this.written) return
		const before = parse(this.written)
		const { typing, unsaved } = parse(stored)
		this.written = stored
		const isTaken = (doc: string, note: string) => before.typing.some((one) => one.doc === doc && one.note === note) && !typing.some((one) => one.doc === doc && one.note === note)
		for (const [doc, sessions] of this.docs) for (const session of sessions.values()) if (isTaken(doc, session.note)) session.handOver()
		const left = new Set(unsaved.map((one) => one.id))
		const had = new Set(before.unsaved.map((one) => one.id))
		this.unsaved = this.unsaved.filter((one) => left.has(one.id) || !had.has(one.id))
	}

	/** Takes what is stored under a key; a note that is typed in here already has to wait its turn. */
	private take(key: string): boolean {
		const { typing, unsaved } = parse(read(this.options.store, key))
		const known = new Set(this.unsaved.map((one) => one.id))
		this.unsaved = [...this.unsaved, ...unsaved.filter((one) => typeof one.text === 'string' && !known.has(one.id))]
		const left: object[] = []
		for (const one of typing) {
			const session = TextSession.load(one, this.events)
			if (!session || typeof one.doc !== 'string') continue
			if (this.in(one.doc).get(one.note)?.hasWords) left.push(one)
			else this.put(one.doc, session.inherit(this.in(one.doc).get(one.note)))
		}
		if (key === this.key) return false
		this.store()
		if (!this.durable) return false
		if (left.length > 0) write(this.options.store, key, JSON.stringify({ typing: left, unsaved: [] }))
		else this.options.store.removeItem(key)
		return typing.length > left.length || unsaved.length > 0
	}

	private store(): void {
		this.reconcile()
		this.isDirty = false
		const typing: object[] = []
		for (const [doc, sessions] of this.docs) {
			for (const session of sessions.values()) {
				const saved = session.save()
				if (saved) typing.push({ doc, ...saved })
			}
		}
		if (typing.length === 0 && this.unsaved.length === 0) {
			this.options.store.removeItem(this.key)
			this.written = null
			this.durable = true
		} else {
			this.written = JSON.stringify({ typing, unsaved: this.unsaved })
			this.durable = write(this.options.store, this.key, this.written)
		}
	}

	// ── inside ──

	private put(doc: string, session: TextSession): void {
		const sessions = this.docs.get(doc) ?? new Map<string, TextSession>()
		sessions.set(session.note, session)
		this.docs.set(doc, sessions)
	}

	private giveUp(session: TextSession, why: Refused): void {
		this.why = why
		session.gone()
	}

	private lost(session: TextSession, text: string): void {
		const doc = [...this.docs].find(([, sessions]) => sessions.get(session.note) === session)?.[0] ?? ''
		const docTitle = this.options.titleOf(doc)
		const one: Unsaved = { id: newId(), doc, docTitle, note: session.note, text, why: this.why, made_ms: Date.now() }
		this.unsaved = [...this.unsaved.slice(1 - UNSAVED_MOST), one]
	}

	/** Once per turn, however much was typed in it: before the browser does anything else. */
	private changed(): void {
		if (this.isDirty) return
		this.isDirty = true
		queueMicrotask(() => {
			if (this.isDirty) this.store()
			this.sweep()
			this.pump()
			this.options.changed()
		})
	}

	private sweep(): void {
		for (const [doc, sessions] of this.docs) {
			for (const session of sessions.values()) if (!session.isOpen && !session.hasWords) sessions.delete(session.note)
			if (sessions.size === 0) this.docs.delete(doc)
		}
	}
}

function parse(kept: string | null): { typing: { doc: string; note: string }[]; unsaved: Unsaved[] } {
	try {
		const { typing, unsaved } = JSON.parse(kept ?? '{}') as { typing?: unknown; unsaved?: unknown }
		return { typing: Array.isArray(typing) ? typing : [], unsaved: Array.isArray(unsaved) ? (unsaved as Unsaved[]) : [] }
	} catch {
		return { typing: [], unsaved: [] }
	}
}

const NONE: ReadonlyMap<string, TextSession> = new Map()
