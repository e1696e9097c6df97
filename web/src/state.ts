/*
 * One class as one page sees it. Holds the connection, the documents, what waits to be sent and what is half written,
 * and derives from them a single read-only `View` for the screen. Views of the screen only read it and call `do`.
 *
 * Observable by `subscribe` in the usual way; objects of the view that did not change stay the same objects.
 */
import type { Store } from './browser'
import { Drafts } from './drafts'
import type { Early } from './early'
import type { ClassFields, Commands, PostFields, RevisionFields, SectionFields, WallFields } from './gen/tables'
import { credentialOf, scopeOf, type Identity } from './identity'
import { Link, type Status } from './link'
import { BEAT_MS, Outbox, type Pending, type Refused, type Tab } from './outbox'
import { Picture, revisionId } from './pending'
import type { Words } from './statement'
import type { CommandName, Credential, Fields, No, Notice, Ok, Welcome, WireObject } from './wire'

export interface RefusedItem {
	/** The command's id. */
	id: string
	cmd: CommandName
	refused: Refused
	/** The words it would have written, if it writes any. */
	words: Words | null
	section: string
}

export interface RevisionView {
	words: Words
	state: 'held' | 'rejected'
	reason: string
	version: number
}

export interface PostView {
	id: string
	words: Words
	section: string
	pos: string
	names: 'named' | 'hidden'
	author: string
	authorName: string
	isMine: boolean
	state: 'held' | 'shown' | 'rejected' | 'hidden'
	reason: string
	version: number
	at_ms: number
	edited_ms: number
	deleted: '' | 'author' | 'staff'
	revision: RevisionView | null
	/** How far the newest own change of it has come. */
	sending: '' | 'kept' | 'sent'
	refused: RefusedItem | null
	/** It exists on this device only, because the server refused it. */
	isGhost: boolean
}

export interface SectionView {
	id: string
	title: string
	pos: string
	removed: boolean
	isSending: boolean
}

export interface View {
	status: Status
	/** Class and wall have arrived at least once. */
	isReady: boolean
	me: string
	myName: string
	isStaff: boolean
	code: string
	title: string
	frozen: boolean
	door: 'open' | 'closed'
	prompt: string
	hold: boolean
	names: 'named' | 'hidden'
	sections: readonly SectionView[]
	removedSections: readonly SectionView[]
	/** Every post this person may see, in the wall's order. */
	posts: readonly PostView[]
	/** Students who have ever joined. */
	members: number
	/** Changes that are not durable on the server yet, and how many of them have not even been sent. */
	waiting: number
	/** Words kept because pens were down, to be offered at thaw. */
	heldBack: readonly RefusedItem[]
	readonly: { say: string; args: Notice['args'] } | null
	/** The server asked for patience: until then what waits is not sent. Zero for no pause. */
	pausedUntil_ms: number
	/** The browser refuses to store: words live only in this tab. */
	isForgetful: boolean
	skew_ms: number
}

export type Happening =
	| { what: 'saved'; item: Pending; ok: Ok }
	| { what: 'refused'; item: Pending; no: No }
	| { what: 'other-build'; build: string }

export interface RoomOptions {
	code: string
	identity: Identity
	url: string
	/** Where boxes and drafts are kept: goes with the tab on a shared device. */
	store: Store
	tab: Tab
	ticket: () => Promise<string | null>
	build?: string
	/** The connection that was made before the page was there, if it was. */
	early?: () => Early | null
	socket?: (url: string, protocol: string) => WebSocket
	random?: () => number
}

const BATCH_MS = 16
const GRACE_MS = 400
const FORGET_MS = 10_000
const ADOPT_MS = 20_000

export class Room {
	readonly outbox: Outbox
	readonly drafts: Drafts
	readonly link: Link
	view: View
	/** To be called when the class is left. */
	ending: (() => void) | null = null
	/** Texts with letters that are not saved yet. */
	typing = 0

	private readonly subscribers = new Set<(view: View) => void>()
	private readonly hearers = new Set<(happening: Happening) => void>()
	private readonly postCache = new Map<string, { from: readonly unknown[]; view: PostView }>()
	private readonly timers: ReturnType<typeof setInterval>[] = []
	private batch: ReturnType<typeof setTimeout> | undefined
	private sweeper: ReturnType<typeof setTimeout> | undefined
	private hello: Welcome | null = null
	private skew_ms = 0
	private notice: View['readonly'] = null

	constructor(readonly options: RoomOptions) {
		const scope = scopeOf(options.code, options.identity)
		this.outbox = new Outbox(options.store, scope, options.tab.id)
		this.drafts = new Drafts(options.store, scope)
		this.link = new Link({
			url: options.url,
			code: options.code,
			outbox: this.outbox,
			credential: () => this.credential(),
			early: options.early,
			socket: options.socket,
			random: options.random,
			events: {
				status: () => this.changed(true),
				welcome: (welcome) => this.welcomed(welcome),
				changed: () => this.changed(),
				saved: (item, ok) => this.wasSaved(item, ok),
				refused: (item, no) => this.wasRefused(item, no),
				notice: (notice) => this.noticed(notice),
			},
		})
		this.view = this.derive()
	}

	start(): void {
		this.link.start()
		this.timers.push(setInterval(() => this.options.tab.beat(), BEAT_MS))
		this.timers.push(setInterval(() => this.adopt(), ADOPT_MS))
	}

	stop(): void {
		this.ending?.()
		this.link.stop()
		for (const timer of this.timers) clearInterval(timer)
		clearTimeout(this.batch)
		clearTimeout(this.sweeper)
	}

	subscribe(run: (view: View) => void): () => void {
		this.subscribers.add(run)
		run(this.view)
		return () => this.subscribers.delete(run)
	}

	/** What happened to commands, for those who want to say so. */
	hear(run: (happening: Happening) => void): () => void {
		this.hearers.add(run)
		return () => this.hearers.delete(run)
	}

	/** Does what a person means: kept first, then sent as soon as there is a connection. */
	do<C extends CommandName>(cmd: C, args: Commands[C], doc = isInClass(cmd) ? 'class' : this.wallId()): Pending {
		const item = this.outbox.add(doc, cmd, args)
		this.link.flush()
		this.changed(true)
		return item
	}

	/** Sends a refused command once more. */
	again(id: string): void {
		this.outbox.again(id)
		this.link.flush()
		this.changed(true)
	}

	/** Throws a refused command away, words and all. */
	drop(id: string): void {
		this.outbox.drop(id)
		this.changed(true)
	}

	/** The tab is looked at again: what other tabs did meanwhile is taken in, and the line made sure of. */
	wake(): void {
		this.outbox.reconcile()
		this.outbox.adopt()
		this.link.nudge()
		this.link.flush()
		this.changed(true)
	}

	/** What a tab of the same person left behind, if anything. */
	adopt(): void {
		if (!this.outbox.adopt()) return
		this.link.flush()
		this.changed(true)
	}

	wallId(): string {
		return this.hello?.start ?? ''
	}

	private async credential(): Promise<Credential | null> {
		const { identity } = this.options
		if (identity.as === 'member') return credentialOf(identity)
		const ticket = await this.options.ticket()
		return ticket === null ? null : { ticket }
	}

	private welcomed(welcome: Welcome): void {
		this.hello = welcome
		this.skew_ms = welcome.now - Date.now()
		this.notice = null
		const { build } = this.options
		if (build && build !== 'dev' && welcome.build !== build) this.tell({ what: 'other-build', build: welcome.build })
	}

	private wasSaved(item: Pending, ok: Ok): void {
		this.tell({ what: 'saved', item, ok })
		this.sweepLater()
	}

	/** What carries words stays, to be mended or sent again; the rest is only told. */
	private wasRefused(item: Pending, no: No): void {
		if (!hasWords(item)) this.outbox.drop(item.id)
		this.tell({ what: 'refused', item, no })
	}

	private noticed(notice: Notice): void {
		this.notice = notice.readonly ? { say: notice.say ?? 'readonly', args: notice.args ?? {} } : null
		this.changed(true)
	}

	/** Saved commands go once their effect has come in; a moment later, because an overlay comes on its own. */
	private sweepLater(): void {
		clearTimeout(this.sweeper)
		this.sweeper = setTimeout(() => {
			if (this.outbox.sweep((item) => this.isShown(item))) this.changed(true)
			if (this.outbox.items.some((p) => p.state === 'saved')) this.sweepLater()
		}, GRACE_MS + BATCH_MS)
	}

	private isShown(item: Pending): boolean {
		const age_ms = Date.now() - (item.saved_ms ?? 0)
		if (age_ms > FORGET_MS) return true
		const doc = this.link.docs.get(item.doc)
		if (!doc?.loaded || doc.at < (item.at ?? 0)) return false
		return age_ms > GRACE_MS || ((item.cmd === 'post.add' || item.cmd === 'note.add') && doc.get(String(item.args.id)) !== undefined)
	}

	/** Says that something which the view is made of has changed. */
	touch(): void {
		this.changed()
	}

	private tell(happening: Happening): void {
		for (const run of this.hearers) run(happening)
	}

	private changed(now = false): void {
		if (now) this.publish()
		else this.batch ??= setTimeout(() => this.publish(), BATCH_MS)
	}

	private publish(): void {
		clearTimeout(this.batch)
		this.batch = undefined
		if (!this.link) return
		this.view = this.derive()
		for (const run of this.subscribers) run(this.view)
	}

	// ── from documents and outbox to the view ──

	private derive(): View {
		const classDoc = this.link.docs.get('class')
		const wallDoc = this.link.docs.get(this.wallId())
		const me = this.hello?.me ?? ''
		const isStaff = this.hello ? this.hello.role !== 'member' : this.options.identity.as === 'staff'
		const wallBefore = (wallDoc?.get('wall')?.fields ?? {}) as WallFields
		const expect = { me, isStaff, hold: wallBefore.hold === true }
		const people = new Picture((id) => classDoc?.get(id), () => classDoc?.all() ?? [], expect)
		const wall = new Picture((id) => wallDoc?.get(id), () => wallDoc?.all() ?? [], expect)
		const live = this.outbox.items.filter((p) => p.state !== 'refused')
		const wallId = this.wallId()
		for (const item of live) if (item.doc === 'class' || item.doc === wallId) (item.doc === 'class' ? people : wall).apply(item)

		const klass = (people.get('class')?.fields ?? {}) as ClassFields
		const wallFields = (wall.get('wall')?.fields ?? {}) as WallFields
		const names = new Map<string, string>()
		let members = 0
		for (const { id, kind, fields } of people.all()) {
			if (kind !== 'member') continue
			names.set(id, String(fields.name ?? ''))
			if (fields.role === 'member') members++
		}
		const sections = sectionsOf(wall, live)
		const refused = this.outbox.items.filter((p) => p.state === 'refused').map(refusedItem)
		return {
			status: this.link.status,
			isReady: this.view?.isReady || (classDoc?.loaded === true && wallDoc?.loaded === true),
			me,
			myName: names.get(me) ?? this.options.identity.name,
			isStaff,
			code: this.options.code,
			title: klass.title ?? '',
			frozen: klass.frozen === true,
			door: klass.door === 'closed' ? 'closed' : 'open',
			prompt: wallFields.prompt ?? '',
			hold: wallFields.hold === true,
			names: wallFields.names === 'hidden' ? 'hidden' : 'named',
			sections: sections.filter((s) => !s.removed),
			removedSections: sections.filter((s) => s.removed),
			posts: this.posts(wall, names, live, me),
			members,
			waiting: live.filter((p) => p.state !== 'saved').length + this.typing,
			heldBack: refused.filter((item) => item.refused.code === 'frozen'),
			readonly: this.notice,
			pausedUntil_ms: this.link.pausedUntil_ms > Date.now() ? this.link.pausedUntil_ms : 0,
			isForgetful: !this.outbox.durable,
			skew_ms: this.skew_ms,
		}
	}

	private posts(wall: Picture, names: Map<string, string>, live: readonly Pending[], me: string): PostView[] {
		const sending = new Map<string, 'kept' | 'sent'>()
		for (const { args, state } of live) {
			const id = String(args.id ?? '')
			if (state === 'kept' || (state === 'sent' && !sending.has(id))) sending.set(id, state)
		}
		const refused = new Map<string, Pending>()
		for (const item of this.outbox.items) if (item.state === 'refused' && item.doc === this.wallId()) refused.set(String(item.args.id ?? ''), item)

		const posts: PostView[] = []
		for (const object of wall.all()) {
			if (object.kind !== 'post') continue
			const author = String(object.fields.author ?? '')
			posts.push(
				this.post([object, wall.get(revisionId(object.id)), names.get(author), sending.get(object.id), refused.get(object.id), author !== '' && author === me, false]),
			)
			refused.delete(object.id)
		}
		for (const item of refused.values()) {
			const ghost: WireObject = {
				id: String(item.args.id),
				kind: 'post',
				fields: { ...(item.args as Fields), pos: '\uffff\uffff', author: me, state: 'shown', at: item.made_ms },
			}
			posts.push(this.post([ghost, undefined, names.get(me), undefined, item, true, true]))
		}
		return posts.sort(byPos)
	}

	/** The view of one post; the same one as before if nothing it is made of has changed. */
	private post(from: PostSource): PostView {
		const id = from[0].id
		const cached = this.postCache.get(id)
		const isSame = cached && (from[6] ? cached.from[4] === from[4] : cached.from.every((part, i) => part === from[i]))
		if (isSame) return cached.view
		const view = postView(...from)
		this.postCache.set(id, { from, view })
		return view
	}
}

type PostSource = [
	object: WireObject,
	revision: WireObject | undefined,
	authorName: string | undefined,
	sending: 'kept' | 'sent' | undefined,
	refused: Pending | undefined,
	isMine: boolean,
	isGhost: boolean,
]

const byPos = (a: { pos: string; id: string }, b: { pos: string; id: string }): number =>
	a.pos < b.pos ? -1 : a.pos > b.pos ? 1 : a.id < b.id ? -1 : 1

function wordsOf(fields: PostFields | RevisionFields): Words {
	const { for: whom = '', who = '', offer = '', helps = '', venture = '' } = fields
	return { for: whom, who, offer, helps, venture }
}

const hasWords = (item: Pending): boolean => item.cmd === 'post.add' || item.cmd === 'post.edit' || item.cmd === 'note.add'

/** Commands on the class itself; all others are on the document that one looks at. */
export const isInClass = (cmd: CommandName): boolean => /^(class|member|team|document|canvas\.add)\b/.test(cmd)

function refusedItem(item: Pending): RefusedItem {
	return {
		id: item.id,
		cmd: item.cmd,
		refused: item.refused ?? { code: 'refused', say: 'refused.unknown', args: {} },
		words: hasWords(item) && item.cmd !== 'note.add' ? wordsOf(item.args as PostFields) : null,
		section: String(item.args.section ?? ''),
	}
}

function postView(...[object, revision, authorName, sending, refused, isMine, isGhost]: PostSource): PostView {
	const fields = object.fields as PostFields
	const held = revision?.fields as RevisionFields | undefined
	return {
		id: object.id,
		words: wordsOf(fields),
		section: fields.section ?? '',
		pos: fields.pos ?? '',
		names: fields.names === 'hidden' ? 'hidden' : 'named',
		author: fields.author ?? '',
		authorName: authorName ?? '',
		isMine,
		state: fields.state ?? 'shown',
		reason: fields.reason ?? '',
		version: fields.version ?? 0,
		at_ms: fields.at ?? 0,
		edited_ms: fields.edited ?? 0,
		deleted: fields.deleted ?? '',
		revision: held ? { words: wordsOf(held), state: held.state ?? 'held', reason: held.reason ?? '', version: held.version ?? 0 } : null,
		sending: sending ?? '',
		refused: refused ? refusedItem(refused) : null,
		isGhost,
	}
}

function sectionsOf(wall: Picture, live: readonly Pending[]): SectionView[] {
	const sending = new Set(live.filter((p) => p.cmd.startsWith('section.') && p.state !== 'saved').map((p) => String(p.args.id)))
	const sections: SectionView[] = []
	for (const { id, kind, fields } of wall.all()) {
		if (kind !== 'section') continue
		const { title = '', pos = '', deleted = '' } = fields as SectionFields
		sections.push({ id, title, pos, removed: deleted !== '', isSending: sending.has(id) })
	}
	return sections.sort(byPos)
}
