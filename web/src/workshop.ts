/*
 * Teams and canvases of one class at work: joins the connection (link.ts), what is kept to be sent (outbox.ts), typing
 * (typings.ts), presence and questions, and derives from them what canvas.ts promises to the screens.
 */
import { ask, type Answer } from './api'
import type { Canvas, CanvasFile, CanvasView, ExportFormat, HereView, LobbyView, MomentRow, NewNote, Right, Workshop } from './canvas'
import type { Taken } from './doc'
import type { Commands } from './gen/tables'
import { scopeOf } from './identity'
import { newId } from './ids'
import type { Extension } from './link'
import { CanvasModel, lobbyOf, Memory, NO_RIGHTS } from './model'
import type { Pending } from './outbox'
import { colourOf, Presence, type Place } from './presence'
import { Questions } from './questions'
import { Sketch } from './sketch'
import type { Room } from './state'
import type { TextSession } from './typing'
import { Typings } from './typings'
import type { CommandName, FromServer, Moment, WireObject } from './wire'

/** Undo waits so long for letters that are still on their way. */
const SETTLE_MS = 3_000
const LOOK_MS = 50
const ADOPT_MS = 20_000

/** Commands on walls and canvases that are no steps of undo; the table of all of them would be too much to load. */
const LASTING: readonly CommandName[] = ['wall.set', 'post.approve', 'post.reject', 'undo', 'redo']
export const isUndoable = (cmd: CommandName): boolean => !LASTING.includes(cmd)

const workshops = new WeakMap<Room, Shop>()

export function openWorkshop(room: Room): Workshop {
	const known = workshops.get(room)
	if (known) return known
	const shop = new Shop(room)
	workshops.set(room, shop)
	return shop
}

/** What was taken back before it was sent, newest last. */
type Undone = { command: CommandName; args: Pending['args'] } | { session: TextSession }

class Shop implements Workshop, Extension {
	view: LobbyView
	readonly typings: Typings
	readonly presence: Presence
	readonly questions: Questions

	private readonly subscribers = new Set<(view: LobbyView) => void>()
	private readonly canvases = new Map<string, Sheet>()
	private readonly undone = new Map<string, Undone[]>()
	/** Documents in which the server last said that there is nothing left to take back, or to do again. */
	private readonly undoDry = new Set<string>()
	private readonly redoReady = new Set<string>()
	private readonly adopting: ReturnType<typeof setInterval>
	private readonly stops: (() => void)[] = []

	constructor(readonly room: Room) {
		const { options, link, outbox } = room
		const say = (message: object) => link.say(message)
		this.presence = new Presence(say)
		this.questions = new Questions(say)
		this.typings = new Typings({
			link,
			store: options.store,
			scope: scopeOf(options.code, options.identity),
			tab: options.tab,
			isComing: (doc, note) => outbox.items.some((p) => p.doc === doc && p.cmd === 'note.add' && p.args.id === note && p.state !== 'refused' && !this.isIn(p)),
			titleOf: (doc) => String(link.docs.get('class')?.get(doc)?.fields.title ?? ''),
			changed: () => this.typed(),
		})
		this.view = this.derive()
		link.extension = this
		room.ending = () => this.stop()
		this.stops.push(room.subscribe(() => this.publish()))
		this.stops.push(room.hear((happening) => happening.what !== 'other-build' && this.happened(happening)))
		this.adopting = setInterval(() => this.typings.adopt(), ADOPT_MS)
		if (typeof document !== 'undefined') {
			const look = () => document.visibilityState === 'visible' && (this.typings.reconcile(), this.typings.adopt())
			document.addEventListener('visibilitychange', look)
			this.stops.push(() => document.removeEventListener('visibilitychange', look))
		}
		if (link.status.phase === 'open') this.connected(true)
		for (const doc of this.typings.waitingDocs) this.reopen(doc)
		this.typed()
	}

	subscribe(run: (view: LobbyView) => void): () => void {
		this.subscribers.add(run)
		run(this.view)
		return () => this.subscribers.delete(run)
	}

	canvas(id: string): Canvas {
		const known = this.canvases.get(id) ?? new Sheet(this, id)
		this.canvases.set(id, known)
		if (!this.room.link.docs.has(id)) this.reopen(id)
		return known.enter()
	}

	stop(): void {
		for (const stop of this.stops) stop()
		clearInterval(this.adopting)
		this.typings.stop()
		this.presence.stop()
		this.questions.cut()
		this.room.link.extension = null
		workshops.delete(this.room)
	}

	// ── people, teams, documents ──

	addTeam(name: string): string {
		const id = newId()
		this.room.do('team.add', { id, name })
		return id
	}
	renameTeam = (id: string, name: string): void => void this.room.do('team.set', { id, name })
	removeTeam = (id: string): void => void this.room.do('team.remove', { id })
	restoreTeam = (id: string): void => void this.room.do('team.restore', { id })
	dealTeams = (all: boolean): void => void this.room.do('team.deal', all ? { all } : {})
	joinTeam = (team: string): void => void this.room.do('team.join', team ? { team } : {})
	placeMember = (member: string, team: string): void => void this.room.do('member.place', { member, ...(team && { team }) })
	setTeamsBy = (teams: 'staff' | 'self'): void => void this.room.do('class.set', { teams })

	addCanvas(canvas: Omit<Commands['canvas.add'], 'id'>): string {
		const id = newId()
		this.room.do('canvas.add', { id, ...canvas })
		return id
	}
	setDocument = (id: string, changes: Omit<Commands['document.set'], 'id'>): void => void this.room.do('document.set', { id, ...changes })
	moveDocument = (id: string, before?: string): void => void this.room.do('document.move', { id, ...(before && { before }) })
	removeDocument = (id: string): void => void this.room.do('document.remove', { id })
	restoreDocument = (id: string): void => void this.room.do('document.restore', { id })

	async templates(): Promise<Answer<readonly CanvasFile[]>> {
		const answer = await ask<{ templates: CanvasFile[] }>('GET', 'api/templates')
		return answer.ok ? { ok: true, value: answer.value.templates } : answer
	}

	async importCanvas(canvas: CanvasFile | string, options: { title?: string; team?: string; see?: Right } = {}): Promise<Answer<string>> {
		const query = new URLSearchParams({ class: this.room.options.code })
		for (const [name, value] of Object.entries(options)) if (value) query.set(name, value)
		const answer = await ask<{ document: string }>('POST', `api/import?${query.toString()}`, canvas)
		return answer.ok ? { ok: true, value: answer.value.document } : answer
	}

	// ── any document ──

	async history(doc: string): Promise<Answer<readonly MomentRow[]>> {
		const answer = await this.questions.history(doc)
		return answer.ok ? { ok: true, value: answer.value.map((moment) => this.row(moment)) } : answer
	}
	moment = (doc: string, at: number): Promise<Answer<readonly WireObject[]>> => this.questions.moment(doc, at)
	exportFile = (doc: string, format: ExportFormat): Promise<Answer<string>> => this.questions.exportFile(doc, format)
	revert = (doc: string, member: string, since: number): void => void this.do(doc, 'revert', { member, since })
	restore = (doc: string, at: number, only: { box?: string; note?: string } = {}): void => void this.do(doc, 'restore', { at, ...only })

	undo(doc: string): void {
		if (this.room.link.status.phase !== 'open' && this.undoHere(doc)) return
		this.whenSettled(doc, () => this.room.do('undo', {}, doc))
	}

	redo(doc: string): void {
		const last = this.undone.get(doc)?.pop()
		if (!last) return this.whenSettled(doc, () => this.room.do('redo', {}, doc))
		if ('session' in last) {
			last.session.redo()
			this.publish()
		} else this.room.do(last.command, last.args as unknown as Commands[CommandName], doc)
	}

	canUndo(doc: string): boolean {
		return !this.undoDry.has(doc)
	}

	canRedo(doc: string): boolean {
		return (this.undone.get(doc)?.length ?? 0) > 0 || this.redoReady.has(doc)
	}

	/** Does something new: what was taken back before is not done again after that. */
	do<C extends CommandName>(doc: string, cmd: C, args: Commands[C]): void {
		this.undone.delete(doc)
		this.undoDry.delete(doc)
		this.redoReady.delete(doc)
		this.room.do(cmd, args, doc)
	}

	dropUnsaved(id: string): void {
		this.typings.dropUnsaved(id)
	}

	here(doc: string): void {
		this.presence.here({ doc })
	}

	/** Takes back the newest thing that nobody but this device knows of. False if there is none. */
	private undoHere(doc: string): boolean {
		const typed = [...this.typings.in(doc).values()].filter((s) => s.undoable_ms !== null).sort((a, b) => b.undoable_ms! - a.undoable_ms!)[0]
		const kept = this.room.outbox.items.filter((p) => p.doc === doc && p.state === 'kept' && p.tries === 0 && isUndoable(p.cmd)).at(-1)
		const undone = this.undone.get(doc) ?? []
		if (typed && typed.undoable_ms! >= (kept?.made_ms ?? 0)) {
			typed.undo()
			undone.push({ session: typed })
		} else if (kept) {
			this.room.drop(kept.id)
			undone.push({ command: kept.cmd, args: kept.args })
			this.typings.see(doc)
		} else return false
		this.undone.set(doc, undone)
		this.publish()
		return true
	}

	/** Once what was typed in the document is with the server: what comes next is about all of it. */
	private whenSettled(doc: string, run: () => void, since_ms = Date.now()): void {
		const isSettled = [...this.typings.in(doc).values()].every((session) => !session.hasWords || session.isHeld)
		if (isSettled || this.room.link.status.phase !== 'open' || Date.now() - since_ms > SETTLE_MS) return run()
		const timer = setTimeout(() => this.whenSettled(doc, run, since_ms), LOOK_MS)
		this.stops.push(() => clearTimeout(timer))
	}

	private happened(happening: { what: 'saved'; item: Pending } | { what: 'refused'; item: Pending; no: { say: string } }): void {
		const { cmd, doc } = happening.item
		if (cmd !== 'undo' && cmd !== 'redo') return
		if (happening.what === 'saved') {
			if (cmd === 'undo') this.redoReady.add(doc)
			this.undoDry.delete(doc)
		} else if (happening.no.say === 'undo.nothing') (cmd === 'undo' ? this.undoDry.add(doc) : this.redoReady.delete(doc))
		this.publish()
	}

	// ── the connection ──

	heard(message: FromServer, taken?: Taken): void {
		switch (message.t) {
			case 'texts':
				return this.typings.heardTexts(message)
			case 'ops':
				if (taken === 'applied' || taken === 'anew') this.typings.heardOps(message.doc, message.ops)
				return
			case 'snapshot':
				if (taken === 'applied') this.typings.see(message.doc)
				return
			case 'presence':
				this.presence.heard(message)
				return this.room.touch()
			case 'ok':
				return this.typings.heardOk(message)
			case 'no':
				this.typings.heardNo(message)
				return this.questions.heardNo(message)
			case 'history':
			case 'moment':
			case 'file':
				return this.questions.heardPart(message)
		}
	}

	connected(is: boolean): void {
		if (!is) this.questions.cut()
		this.presence.connected(is)
		this.typings.connected(is)
	}

	texts(doc: string): readonly object[] {
		return this.typings.texts(doc)
	}

	/** Nobody looks at it and nothing is unsaved in it: the server need not send it any more. */
	leave(id: string): void {
		this.canvases.delete(id)
		if (this.typings.waitingDocs.includes(id)) return
		this.room.link.close(id)
		this.presence.forget(id)
	}

	private reopen(doc: string): void {
		if (this.room.link.docs.has(doc)) this.room.link.reopen(doc)
		else this.room.link.open(doc)
	}

	private typed(): void {
		for (const doc of this.typings.waitingDocs) this.undoDry.delete(doc)
		this.room.typing = this.typings.waitingDocs.reduce((sum, doc) => sum + [...this.typings.in(doc).values()].filter((s) => s.hasWords).length, 0)
		for (const id of this.room.link.docs.keys()) {
			const isOurs = id !== 'class' && id !== this.room.wallId()
			if (isOurs && !this.canvases.has(id) && !this.typings.waitingDocs.includes(id)) this.leave(id)
		}
		this.room.touch()
	}

	private isIn({ doc, args }: Pending): boolean {
		return this.room.link.docs.get(doc)?.objects.has(String(args.id)) === true
	}

	// ── from all that to the views ──

	private publish(): void {
		const { link } = this.room
		this.view = this.derive()
		for (const { id, rights } of this.view.documents) if (link.missing.has(id) && rights.see && this.canvases.has(id) && this.regained(id)) link.reopen(id)
		for (const id of link.missing) this.typings.gone(id)
		for (const run of this.subscribers) run(this.view)
		for (const sheet of this.canvases.values()) sheet.publish()
	}

	/** Asked for again once, when the class document says that it can be read after all. */
	private regained(id: string): boolean {
		const fields = this.room.link.docs.get('class')?.get(id)?.fields
		if (this.askedWith.get(id) === fields) return false
		this.askedWith.set(id, fields)
		return true
	}
	private readonly askedWith = new Map<string, unknown>()

	private derive(): LobbyView {
		const { room } = this
		const doc = room.link.docs.get('class')
		const { me, isStaff } = room.view
		const live = this.live('class')
		const sketch = new Sketch((id) => doc?.get(id), () => doc?.all() ?? [], { me, isStaff, hold: false })
		for (const item of live) sketch.apply(item)
		return lobbyOf({
			isReady: doc?.loaded === true,
			objects: [...sketch.all()],
			me,
			isStaff,
			presence: this.presence.in('class'),
			live,
			unsaved: this.typings.unsaved,
		})
	}

	/** Own commands whose effect is not in the document yet. */
	live(id: string): Pending[] {
		const at = this.room.link.docs.get(id)?.at ?? 0
		return this.room.outbox.items.filter((p) => p.doc === id && p.state !== 'refused' && (p.state !== 'saved' || (p.at ?? 0) > at))
	}

	row({ at, ms, who = '', cmd, n, id = '' }: Moment): MomentRow {
		return { at, ms, who, whoName: this.nameOf(who), cmd, n, id }
	}

	nameOf(member: string): string {
		return this.view.people.find((person) => person.id === member)?.name ?? ''
	}
}

/** One canvas that is open on the screen. */
class Sheet implements Canvas {
	view: CanvasView
	private readonly subscribers = new Set<(view: CanvasView) => void>()
	private readonly model = new CanvasModel()
	private readonly heres = new Memory<HereView>()
	private users = 0

	constructor(
		private readonly shop: Shop,
		readonly id: string,
	) {
		this.view = this.derive()
	}

	subscribe(run: (view: CanvasView) => void): () => void {
		this.subscribers.add(run)
		run(this.view)
		return () => this.subscribers.delete(run)
	}

	enter(): this {
		this.users++
		this.publish()
		return this
	}

	close(): void {
		if (this.users > 0 && --this.users === 0) this.shop.leave(this.id)
	}

	publish(): void {
		this.view = this.derive()
		for (const run of this.subscribers) run(this.view)
	}

	addNote(box: string, { text, type, tags, before }: NewNote = {}): string {
		const id = newId()
		this.do('note.add', { id, box, ...(text && { text }), ...(type && { type }), ...(tags?.length && { tags: tags.join('\n') }), ...(before && { before }) })
		return id
	}

	edit(note: string): TextSession | null {
		if (!this.view.notes.get(note)?.isChangeable) return null
		const known = this.doc?.objects.get(note)?.fields
		const adding = this.room.outbox.items.find((p) => p.cmd === 'note.add' && p.args.id === note)?.args
		const session = this.shop.typings.edit(this.id, note, String((known ?? adding)?.text ?? ''), Number(known?.rev ?? 0))
		return session
	}

	moveNotes = (ids: readonly string[], box: string, before?: string): void => this.do('note.move', { ids: [...ids], box, ...(before && { before }) })
	setNotes = (ids: readonly string[], { type, tags }: { type?: number; tags?: readonly string[] }): void =>
		this.do('note.set', { ids: [...ids], ...(type !== undefined && { type }), ...(tags && { tags: tags.join('\n') }) })
	deleteNotes = (ids: readonly string[]): void => this.do('note.delete', { ids: [...ids] })
	restoreNotes = (ids: readonly string[]): void => this.do('note.restore', { ids: [...ids] })
	duplicateNotes = (ids: readonly string[]): void => this.do('note.duplicate', { ids: [...ids] })

	addLink(from: string, to: string): string {
		const id = newId()
		this.do('link.add', { id, from, to })
		return id
	}
	removeLink = (id: string): void => this.do('link.remove', { id })
	setType = (number: number, name: string): void => this.do('type.set', { number, name })
	promote = (wall: string, post: string): void => this.do('canvas.promote', { wall, post })

	addBox = (box: Commands['box.add']): void => this.do('box.add', box)
	setBox = (box: Commands['box.set']): void => this.do('box.set', box)
	removeBox = (id: string): void => this.do('box.remove', { id })
	restoreBox = (id: string): void => this.do('box.restore', { id })

	undo = (): void => this.shop.undo(this.id)
	redo = (): void => this.shop.redo(this.id)
	revert = (member: string, since: number): void => this.shop.revert(this.id, member, since)
	restore = (at: number, only?: { box?: string; note?: string }): void => this.shop.restore(this.id, at, only)
	again = (command: string): void => this.room.again(command)
	drop = (command: string): void => this.room.drop(command)

	here({ box, note, caret }: { box?: string; note?: string; caret?: readonly [number, number] } = {}): void {
		const place: Place = { doc: this.id, ...(box && { box }), ...(note && { note }) }
		const session = note ? this.shop.typings.in(this.id).get(note) : undefined
		if (session && caret && this.doc?.objects.has(session.note)) {
			place.caret = [session.there16(caret[0]), session.there16(caret[1])]
			place.rev = session.rev
		}
		this.shop.presence.here(place)
	}

	history = (): Promise<Answer<readonly MomentRow[]>> => this.shop.history(this.id)
	exportFile = (format: ExportFormat): Promise<Answer<string>> => this.shop.exportFile(this.id, format)

	async moment(at: number): Promise<Answer<CanvasView>> {
		const answer = await this.shop.moment(this.id, at)
		if (!answer.ok) return answer
		const { document } = this.view
		return { ok: true, value: new CanvasModel().view({ ...this.still(answer.value), document: document && { ...document, rights: NO_RIGHTS } }) }
	}

	private get room(): Room {
		return this.shop.room
	}

	private get doc() {
		return this.room.link.docs.get(this.id)
	}

	private do<C extends CommandName>(cmd: C, args: Commands[C]): void {
		this.shop.do(this.id, cmd, args)
	}

	/** A picture in which nothing moves. */
	private still(objects: readonly WireObject[]) {
		return {
			...{ id: this.id, state: 'ready' as const, objects, me: this.room.view.me, live: [], refused: [], here: [], waiting: 0, held: [] },
			...{ canUndo: false, canRedo: false, nameOf: (member: string) => this.shop.nameOf(member), extra: () => undefined },
		}
	}

	private derive(): CanvasView {
		const { doc, room, shop, id } = this
		const { me, isStaff } = room.view
		const lobby = shop.view
		const document = [...lobby.documents, ...lobby.removedDocuments].find((one) => one.id === id) ?? null
		const live = shop.live(id)
		const sketch = new Sketch((object) => this.seen(object), () => this.allSeen(), { me, isStaff, hold: false })
		for (const item of live) sketch.apply(item)
		const sessions = shop.typings.in(id)
		const words = [...sessions.values()].filter((session) => session.hasWords)
		const isGone = room.link.missing.has(id) || (lobby.isReady && document !== null && !document.rights.see)
		return this.model.view({
			...this.still(doc ? [...sketch.all()] : []),
			state: isGone ? 'gone' : doc?.loaded || this.view?.state === 'ready' ? 'ready' : 'loading',
			...(isGone && { objects: [] }),
			document,
			live,
			refused: room.outbox.items.filter((p) => p.doc === id && p.state === 'refused'),
			here: this.hereViews(sessions),
			extra: (note) => {
				const session = sessions.get(note)
				if (!session || session.state === 'gone') return undefined
				return { text: session.text, sending: session.state === 'sent' ? 'sent' : session.hasWords ? 'kept' : '' }
			},
			waiting: live.filter((p) => p.state !== 'saved').length + words.length,
			held: words.filter((session) => session.isHeld).map((session) => session.note),
			canUndo: shop.canUndo(id),
			canRedo: shop.canRedo(id),
		})
	}

	/** An overlay tells who wrote a note; its words are in the shared one, where they are typed. */
	private seen(id: string): WireObject | undefined {
		const { doc } = this
		const object = doc?.get(id)
		const shared = doc?.objects.get(id)
		if (!object || !shared || object === shared || object.kind !== 'note') return object
		return this.overlaid.make(id, [object, shared], () => ({ ...object, fields: { ...shared.fields, ...object.fields, text: shared.fields.text ?? '', rev: shared.fields.rev ?? 0 } }))
	}
	private readonly overlaid = new Memory<WireObject>()

	private *allSeen(): IterableIterator<WireObject> {
		for (const { id } of this.doc?.all() ?? []) {
			const object = this.seen(id)
			if (object) yield object
		}
	}

	private hereViews(sessions: ReadonlyMap<string, TextSession>): readonly HereView[] {
		const { me } = this.room.view
		const views = [...this.shop.presence.in(this.id).values()].map(({ who, box = '', note = '', caret, rev }) => {
			const session = sessions.get(note)
			const places = session && caret && rev !== undefined ? caret.map((at) => session.here16(at, rev)) : null
			const name = this.shop.nameOf(who)
			return this.heres.make(who, [box, note, places?.[0], places?.[1], name, me], () => ({
				...{ who, name, colour: colourOf(who), isMe: who === me, box, note },
				caret: places ? ([places[0]!, places[1]!] as const) : null,
			}))
		})
		views.sort((a, b) => a.name.localeCompare(b.name) || (a.who < b.who ? -1 : 1))
		return this.heres.list('', views)
	}
}
