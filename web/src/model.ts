/*
 * From objects to what the screens of teams and canvases read (canvas.ts): pure functions, and a small memory so that a
 * note, box or link that did not change stays the same object.
 */
import type { BoxView, CanvasView, DocumentView, HereView, LinkView, LobbyView, NoteView, PersonView, Right, Rights, Sending, TeamView, TypeView } from './canvas'
import type { BoxFields, CanvasFields, ClassFields, DocumentFields, LinkFields, MemberFields, NoteFields, TeamFields, TypeFields } from './gen/tables'
import type { Pending, Refused } from './outbox'
import { colourOf } from './presence'
import { lines } from './sketch'
import type { Here, WireObject } from './wire'

export const NO_RIGHTS: Rights = { see: false, add: false, change: false, structure: false, share: false }

/** Gives the object of last time where nothing it is made of has changed. */
export class Memory<T> {
	private readonly kept = new Map<string, { from: readonly unknown[]; made: T }>()

	make(id: string, from: readonly unknown[], make: () => T): T {
		const old = this.kept.get(id)
		if (old && old.from.length === from.length && old.from.every((part, n) => Object.is(part, from[n]))) return old.made
		const made = make()
		this.kept.set(id, { from, made })
		return made
	}

	/** The list of last time if it has the same members. */
	list(id: string, list: readonly T[]): readonly T[] {
		return this.lists.make(id, list, () => list)
	}

	private get lists(): Memory<readonly T[]> {
		this.inner ??= new Memory<readonly T[]>()
		return this.inner
	}
	private inner: Memory<readonly T[]> | undefined
}

export const byPos = (a: { pos: string; id: string }, b: { pos: string; id: string }): number => (a.pos < b.pos ? -1 : a.pos > b.pos ? 1 : a.id < b.id ? -1 : a.id > b.id ? 1 : 0)

const asRight = (right: string | undefined): Right => (right === 'staff' || right === 'class' ? right : 'team')

export function rightsOf(fields: DocumentFields, who: { isStaff: boolean; team: string; isPensDown: boolean }): Rights {
	const { isStaff } = who
	if (isStaff) return { see: true, add: true, change: true, structure: true, share: true }
	const team = fields.team ?? ''
	const isOurs = team === '' || team === who.team
	const may = (right: string | undefined): boolean => asRight(right) === 'class' || (asRight(right) === 'team' && isOurs)
	const see = !fields.deleted && (fields.type === 'wall' || may(fields.see))
	const acts = see && !who.isPensDown
	return { see, add: acts && may(fields.add), change: acts && may(fields.change), structure: false, share: see && team !== '' && isOurs && fields.type !== 'wall' }
}

/** How far the newest own change of each object has come. */
export function sendingOf(live: readonly Pending[]): ReadonlyMap<string, Sending> {
	const sending = new Map<string, Sending>()
	for (const { cmd, args, state } of live) {
		if (state !== 'kept' && state !== 'sent') continue
		const about = [args.id, args.member, ...(Array.isArray(args.ids) ? args.ids : []), ...(cmd === 'type.set' ? [`type.${String(args.number)}`] : [])]
		for (const id of about) if (typeof id === 'string' && (state === 'kept' || !sending.has(id))) sending.set(id, state)
	}
	return sending
}

export interface LobbySource {
	isReady: boolean
	objects: readonly WireObject[]
	me: string
	isStaff: boolean
	presence: ReadonlyMap<string, Here>
	live: readonly Pending[]
	unsaved: LobbyView['unsaved']
}

export function lobbyOf({ isReady, objects, me, isStaff, presence, live, unsaved }: LobbySource): LobbyView {
	const of = (kind: string) => objects.filter((object) => object.kind === kind)
	const sending = sendingOf(live)
	const klass = (objects.find(({ id }) => id === 'class')?.fields ?? {}) as ClassFields
	const people = of('member').map(({ id, fields }) => personView(id, fields as MemberFields, me, presence.get(id)))
	people.sort((a, b) => a.name.localeCompare(b.name) || (a.id < b.id ? -1 : 1))
	const myTeam = people.find((person) => person.isMe)?.team ?? ''
	const members = people.filter((person) => person.role === 'member')
	const teams = of('team').map(({ id, fields }): TeamView => {
		const { name = '', pos = '', deleted = '' } = fields as TeamFields
		return { id, name, pos, isMine: id === myTeam, isRemoved: deleted !== '', members: people.filter((p) => p.team === id), sending: sending.get(id) ?? '' }
	})
	teams.sort(byPos)
	const names = new Map(teams.map((team) => [team.id, team.name]))
	const who = { isStaff, team: myTeam, isPensDown: klass.frozen === true && !isStaff }
	const documents = of('document').map(({ id, fields }): DocumentView => {
		const { type = 'wall', title = '', pos = '', template = '', team = '', see, add, change, deleted = '' } = fields as DocumentFields
		return {
			...{ id, type, title, pos, template, team, teamName: names.get(team) ?? '' },
			...{ see: asRight(see), add: asRight(add), change: asRight(change) },
			rights: rightsOf(fields as DocumentFields, who),
			isRemoved: deleted !== '',
			sending: sending.get(id) ?? '',
			here: people.filter((person) => person.in === id),
		}
	})
	documents.sort(byPos)
	return {
		isReady,
		documents: documents.filter((d) => !d.isRemoved),
		removedDocuments: documents.filter((d) => d.isRemoved),
		teams: teams.filter((team) => !team.isRemoved),
		removedTeams: teams.filter((team) => team.isRemoved),
		people,
		teamless: members.filter((person) => !teams.some((team) => team.id === person.team && !team.isRemoved)),
		myTeam,
		teamsBy: klass.teams === 'self' ? 'self' : 'staff',
		frozen: klass.frozen === true,
		unsaved,
	}
}

function personView(id: string, { name = '', role = 'member', team = '' }: MemberFields, me: string, here: Here | undefined): PersonView {
	return { id, name, role, team, colour: colourOf(id), isMe: id === me, isConnected: here !== undefined, in: here?.in ?? '' }
}

export interface NoteExtra {
	/** What is seen of its text where that is not what the object says: own typing. */
	text: string | undefined
	sending: Sending
}

export interface CanvasSource {
	id: string
	state: CanvasView['state']
	objects: readonly WireObject[]
	document: DocumentView | null
	me: string
	nameOf(member: string): string
	live: readonly Pending[]
	refused: readonly Pending[]
	here: readonly HereView[]
	extra(note: string): NoteExtra | undefined
	waiting: number
	held: readonly string[]
	canUndo: boolean
	canRedo: boolean
}

/** Makes views of one canvas, again and again. */
export class CanvasModel {
	private readonly notes = new Memory<NoteView>()
	private readonly boxes = new Memory<BoxView>()
	private readonly links = new Memory<LinkView>()
	private readonly heres = new Memory<HereView>()

	view(source: CanvasSource): CanvasView {
		const { objects, document } = source
		const rights = document?.rights ?? NO_RIGHTS
		const sending = sendingOf(source.live)
		const canvas = objects.find(({ id }) => id === 'canvas')
		const { template = '', credits = '', columns = 0, rows = 0 } = (canvas?.fields ?? {}) as CanvasFields
		const notes = this.noteViews(source, sending, rights)
		const links = this.linkViews(source, sending, rights)
		const boxes = this.boxViews(source, sending, notes)
		const shown = boxes.filter((box) => !box.isRemoved)
		return {
			...{ state: source.state, id: source.id, title: document?.title ?? '', document },
			...{ template, credits, columns, rows, rights },
			boxes: [...shown].sort((a, b) => a.row - b.row || a.col - b.col || (a.id < b.id ? -1 : 1)),
			ordered: [...shown].sort((a, b) => (a.order || Infinity) - (b.order || Infinity) || a.row - b.row || a.col - b.col || (a.id < b.id ? -1 : 1)),
			removedBoxes: boxes.filter((box) => box.isRemoved),
			notes,
			links,
			types: typeViews(objects),
			here: source.here,
			waiting: source.waiting,
			held: source.held,
			canUndo: source.canUndo,
			canRedo: source.canRedo,
		}
	}

	private noteViews(source: CanvasSource, sending: ReadonlyMap<string, Sending>, rights: Rights): Map<string, NoteView> {
		const { objects, me, nameOf } = source
		const at = new Map<string, string[]>()
		for (const { id, kind, fields } of objects) {
			if (kind !== 'link') continue
			for (const end of [fields.from, fields.to]) at.set(String(end), [...(at.get(String(end)) ?? []), id])
		}
		const notes = new Map<string, NoteView>()
		const put = (object: WireObject, refused: Pending | undefined, isSending: Sending, text: string | undefined) => {
			const { id, fields } = object
			const here = this.hereAt(source.here, `note ${id}`, (one) => one.note === id)
			const author = String(fields.author ?? '')
			const isMine = author !== '' && author === me
			const isChangeable = !refused && (rights.change || (rights.add && isMine))
			const links = at.get(id) ?? []
			const from = [refused ? refused : object, text, isSending, here, nameOf(author), isMine, isChangeable, links.join(' ')]
			notes.set(id, this.notes.make(id, from, () => noteView(object, { text, sending: isSending, refused, here, authorName: nameOf(author), isMine, isChangeable, links })))
		}
		for (const object of objects) {
			if (object.kind !== 'note') continue
			const extra = source.extra(object.id)
			const ofCommand = /^[^.]+\.\d+$/.test(object.id) ? 'sent' : ''
			put(object, undefined, mostWaiting(sending.get(object.id) ?? ofCommand, extra?.sending ?? ''), extra?.text)
		}
		for (const item of source.refused) {
			if (item.cmd !== 'note.add' || notes.has(String(item.args.id))) continue
			const { text = '', box = '', type = 0, tags = '' } = item.args as NoteFields
			put({ id: String(item.args.id), kind: 'note', fields: { text, box, type, tags, pos: '\uffff\uffff', author: me, at: item.made_ms } }, item, '', undefined)
		}
		return notes
	}

	private boxViews(source: CanvasSource, sending: ReadonlyMap<string, Sending>, notes: ReadonlyMap<string, NoteView>): BoxView[] {
		const inside = new Map<string, NoteView[]>()
		for (const note of notes.values()) inside.set(note.box, [...(inside.get(note.box) ?? []), note])
		const boxes: BoxView[] = []
		for (const object of source.objects) {
			if (object.kind !== 'box') continue
			const { id } = object
			const list = this.notes.list(id, (inside.get(id) ?? []).sort(byPos))
			const here = this.hereAt(source.here, `box ${id}`, (one) => one.box === id)
			const isSending = sending.get(id) ?? ''
			boxes.push(this.boxes.make(id, [object, list, here, isSending], () => boxView(object, list, here, isSending)))
		}
		return boxes
	}

	private linkViews({ objects, me, id: _ }: CanvasSource, sending: ReadonlyMap<string, Sending>, rights: Rights): LinkView[] {
		const there = new Map(objects.filter(({ kind }) => kind === 'note').map((note) => [note.id, note]))
		const views: LinkView[] = []
		for (const object of objects) {
			if (object.kind !== 'link') continue
			const { from = '', to = '', as = 'note' } = object.fields as LinkFields
			if (!there.has(from) || !there.has(to)) continue
			const isOwn = [from, to].some((end) => there.get(end)?.fields.author === me && me !== '')
			const isRemovable = rights.change || (rights.add && isOwn)
			const isSending = sending.get(object.id) ?? ''
			views.push(this.links.make(object.id, [object, isSending, isRemovable], () => ({ id: object.id, from, to, as, sending: isSending, isRemovable })))
		}
		return views
	}

	private hereAt(here: readonly HereView[], key: string, is: (one: HereView) => boolean): readonly HereView[] {
		return this.heres.list(key, here.filter(is))
	}
}

const mostWaiting = (a: Sending, b: Sending): Sending => (a === 'kept' || b === 'kept' ? 'kept' : a || b)

interface NoteParts {
	text: string | undefined
	sending: Sending
	refused: Pending | undefined
	here: readonly HereView[]
	authorName: string
	isMine: boolean
	isChangeable: boolean
	links: readonly string[]
}

function noteView({ id, fields }: WireObject, parts: NoteParts): NoteView {
	const { text = '', box = '', pos = '', type = 0, tags, author = '', names = 'named', at = 0, post = '', part = '' } = fields as NoteFields
	const { refused, ...rest } = parts
	const why: Refused = refused?.refused ?? { code: 'refused', say: 'refused.unknown', args: {} }
	return {
		...{ id, box, pos, type, author, names, post, part },
		...rest,
		text: parts.text ?? text,
		tags: lines(tags),
		at_ms: at,
		refused: refused ? { id: refused.id, refused: why } : null,
	}
}

function boxView({ id, fields }: WireObject, notes: readonly NoteView[], here: readonly HereView[], sending: Sending): BoxView {
	const { title = '', col = 1, row = 1, w = 1, h = 1, order = 0, questions, tip = '', tags, links = '', parts = '', deleted = '' } = fields as BoxFields
	return {
		...{ id, title, col, row, w, h, order, tip, notes, here, sending },
		questions: lines(questions),
		tags: lines(tags),
		links: links.split(' ').flatMap((link) => {
			const [to = '', as = 'note'] = link.split(':')
			return to ? [{ to, as }] : []
		}),
		parts: parts.split(' ').filter(Boolean),
		isRemoved: deleted !== '',
	}
}

function typeViews(objects: readonly WireObject[]): TypeView[] {
	const types = objects.filter(({ kind }) => kind === 'type').map(({ fields }) => ({ number: (fields as TypeFields).number ?? 0, name: (fields as TypeFields).name ?? '' }))
	return types.filter(({ name }) => name !== '').sort((a, b) => a.number - b.number)
}
