/*
 * What the screens of teams and canvases read, and whom they ask to change something. This file is types and the way in;
 * the work is done in workshop.ts (which is loaded together with those screens, not with the wall).
 *
 *     const workshop = await openWorkshop(room)     once per class; room.stop() ends it
 *     $workshop.documents, .teams, .people …        LobbyView: a store, like Room
 *     const canvas = workshop.canvas(id)            opens the document; canvas.close() when its screen goes
 *     $canvas.boxes[n].notes[m].text …              CanvasView: a store too
 *     const words = canvas.edit(noteId)             TextSession (typing.ts): one editor over one note; words.close()
 */
import type { Answer } from './api'
import type { Commands } from './gen/tables'
import type { Refused } from './outbox'
import words from './sentences/canvas/en.json'
import type { Room } from './state'
import { learn } from './text'
import type { TextSession } from './typing'
import type { WireObject } from './wire'

export type { Answer }

// What these screens say comes with them.
learn('en', words)

export type Right = 'staff' | 'team' | 'class'
/** How far an own change has come: nothing under way, kept on this device, or sent and not yet answered. */
export type Sending = '' | 'kept' | 'sent'
/** What one may do with a canvas (proto/README.md §10), pens down taken into account except in `see`. */
export interface Rights {
	see: boolean
	/** Add notes, links and customer types, and change one's own. */
	add: boolean
	/** Change others' notes, any link, and restore. */
	change: boolean
	/** Boxes and their questions: instructors. */
	structure: boolean
	/** Open it to the class, or close it to the team again. */
	share: boolean
}

export interface PersonView {
	id: string
	name: string
	role: 'owner' | 'instructor' | 'member'
	/** The team's id; empty for none. */
	team: string
	/** 0 … 7, the same on every screen. */
	colour: number
	isMe: boolean
	isConnected: boolean
	/** The document the person is in; empty when not connected, or where one may not read. */
	in: string
}

export interface TeamView {
	id: string
	name: string
	pos: string
	isMine: boolean
	isRemoved: boolean
	members: readonly PersonView[]
	sending: Sending
}

export interface DocumentView {
	id: string
	type: 'wall' | 'canvas'
	title: string
	pos: string
	/** The template's key. */
	template: string
	/** Empty: the whole class's. */
	team: string
	teamName: string
	see: Right
	add: Right
	change: Right
	rights: Rights
	isRemoved: boolean
	sending: Sending
	/** Who is in it now, as far as one may know. */
	here: readonly PersonView[]
}

export interface LobbyView {
	isReady: boolean
	/** In the class's order, wall included. */
	documents: readonly DocumentView[]
	/** Instructors only. */
	removedDocuments: readonly DocumentView[]
	teams: readonly TeamView[]
	removedTeams: readonly TeamView[]
	people: readonly PersonView[]
	/** Members without a team. */
	teamless: readonly PersonView[]
	myTeam: string
	/** Who puts people in teams. */
	teamsBy: 'staff' | 'self'
	frozen: boolean
	/** Words that could not be saved: each has a copy button and a way to throw it away. */
	unsaved: readonly UnsavedView[]
}

/** Typed words whose note is gone, or that came too late. */
export interface UnsavedView {
	id: string
	doc: string
	docTitle: string
	note: string
	/** The whole text as its writer saw it. */
	text: string
	why: Refused
	made_ms: number
}

/** Somebody on this canvas. */
export interface HereView {
	who: string
	name: string
	colour: number
	isMe: boolean
	box: string
	note: string
	/** Anchor and focus in the text one sees, UTF-16 as in a textarea; only for notes that are being edited here. */
	caret: readonly [number, number] | null
}

export interface NoteView {
	id: string
	/** As one's own screen should show it: own typing included, sent or not. */
	text: string
	box: string
	pos: string
	/** Customer type, 0 for none. */
	type: number
	tags: readonly string[]
	author: string
	/** Empty where the name is hidden from this reader. */
	authorName: string
	names: 'named' | 'hidden'
	isMine: boolean
	at_ms: number
	/** The post it was promoted from, and which part of it; empty for none. */
	post: string
	part: '' | 'for' | 'who' | 'offer' | 'helps'
	/** Whether one may type in it, move it, mark it, delete it. */
	isChangeable: boolean
	/** Ids of links at this note, both directions. */
	links: readonly string[]
	sending: Sending
	/** Its adding was refused: it exists on this device only. `id` of the command, for again and drop. */
	refused: { id: string; refused: Refused } | null
	here: readonly HereView[]
}

export interface BoxView {
	/** The box's key. */
	id: string
	title: string
	/** Place on the grid, counted from 1. */
	col: number
	row: number
	w: number
	h: number
	/** Place in the recommended order; 0 for none. */
	order: number
	questions: readonly string[]
	tip: string
	tags: readonly string[]
	links: readonly { to: string; as: string }[]
	parts: readonly string[]
	isRemoved: boolean
	notes: readonly NoteView[]
	here: readonly HereView[]
	sending: Sending
}

export interface LinkView {
	id: string
	from: string
	to: string
	/** segment-job, job-proposition … or note. */
	as: string
	sending: Sending
	isRemovable: boolean
}

export interface TypeView {
	/** 1 … 8 */
	number: number
	name: string
}

export interface CanvasView {
	/** `gone`: it cannot be read (any more), or there is none. */
	state: 'loading' | 'ready' | 'gone'
	id: string
	title: string
	document: DocumentView | null
	template: string
	credits: string
	columns: number
	rows: number
	/** By place: row, then column. */
	boxes: readonly BoxView[]
	/** The same boxes in the recommended order, those without one behind. */
	ordered: readonly BoxView[]
	removedBoxes: readonly BoxView[]
	/** Every note by id, those in removed boxes too. */
	notes: ReadonlyMap<string, NoteView>
	links: readonly LinkView[]
	types: readonly TypeView[]
	rights: Rights
	here: readonly HereView[]
	/** Own changes that are not durable yet, typing included. */
	waiting: number
	/** Typing that was refused because pens are down; `resume` on the session sends it after the thaw. */
	held: readonly string[]
	canUndo: boolean
	canRedo: boolean
}

export interface MomentRow {
	/** The counter to hand to `moment` and `restore`. */
	at: number
	ms: number
	who: string
	whoName: string
	cmd: string
	n: number
	id: string
}

export type ExportFormat = 'json' | 'svg' | 'md' | 'csv'

export interface CanvasFileBox {
	key: string
	title: string
	col: number
	row: number
	w: number
	h: number
	order?: number
	questions?: string[]
	tip?: string
	tags?: string[]
	links?: { to: string; as: string }[]
	parts?: string[]
}
/** proto/README.md §14. */
export interface CanvasFile {
	forwhom: 'canvas'
	version: number
	key: string
	title: string
	credits?: string
	columns: number
	rows: number
	boxes: CanvasFileBox[]
	types?: { number: number; name: string }[]
	notes?: object[]
	links?: object[]
}

export interface NewNote {
	text?: string
	type?: number
	tags?: readonly string[]
	before?: string
}

/** One canvas that a screen has open. A store: `$canvas` is its CanvasView. */
export interface Canvas {
	readonly id: string
	readonly view: CanvasView
	subscribe(run: (view: CanvasView) => void): () => void
	/** The screen goes. What is unsent is still sent. */
	close(): void

	/** Returns the note's id at once; it can be edited right away. */
	addNote(box: string, note?: NewNote): string
	/** The editor's side of one note: the same session for every caller until all have closed it. Null if one may not type there. */
	edit(note: string): TextSession | null
	moveNotes(ids: readonly string[], box: string, before?: string): void
	setNotes(ids: readonly string[], marks: { type?: number; tags?: readonly string[] }): void
	deleteNotes(ids: readonly string[]): void
	restoreNotes(ids: readonly string[]): void
	duplicateNotes(ids: readonly string[]): void
	/** Returns the link's id. */
	addLink(from: string, to: string): string
	removeLink(id: string): void
	setType(number: number, name: string): void
	/** A shown post of the wall becomes linked notes here. */
	promote(wall: string, post: string): void

	addBox(box: Commands['box.add']): void
	setBox(box: Commands['box.set']): void
	removeBox(id: string): void
	restoreBox(id: string): void

	/** The newest own step: what is still unsent is taken back on the spot, the rest by the server. */
	undo(): void
	redo(): void
	/** Instructors: everything a member did since then, as one step. */
	revert(member: string, since_ms: number): void
	restore(at: number, only?: { box?: string; note?: string }): void

	/** Sends a refused command once more; throws it away. */
	again(command: string): void
	drop(command: string): void

	/** Where this person is; call on every change of focus and selection, it is coalesced. Carets in UTF-16 of the text one sees. */
	here(place?: { box?: string; note?: string; caret?: readonly [number, number] }): void

	history(): Promise<Answer<readonly MomentRow[]>>
	/** The canvas as it was: a view that nothing can be done with. */
	moment(at: number): Promise<Answer<CanvasView>>
	exportFile(format: ExportFormat): Promise<Answer<string>>
}

/** Teams, canvases and people of one class. A store: `$workshop` is its LobbyView. */
export interface Workshop {
	readonly view: LobbyView
	readonly room: Room
	subscribe(run: (view: LobbyView) => void): () => void
	canvas(id: string): Canvas

	addTeam(name: string): string
	renameTeam(id: string, name: string): void
	removeTeam(id: string): void
	restoreTeam(id: string): void
	/** Spreads those without a team, or everybody, evenly. */
	dealTeams(all: boolean): void
	/** Empty team: leaves. */
	joinTeam(team: string): void
	placeMember(member: string, team: string): void
	setTeamsBy(who: 'staff' | 'self'): void

	/** Returns the id of the (first) canvas. */
	addCanvas(canvas: Omit<Commands['canvas.add'], 'id'>): string
	setDocument(id: string, changes: Omit<Commands['document.set'], 'id'>): void
	moveDocument(id: string, before?: string): void
	removeDocument(id: string): void
	restoreDocument(id: string): void

	templates(): Promise<Answer<readonly CanvasFile[]>>
	/** Text goes as it is, so that a refusal can tell the line. */
	importCanvas(file: CanvasFile | string, options?: { title?: string; team?: string; see?: Right }): Promise<Answer<string>>

	/** History and moments of any document, the wall included: objects as proto/kinds.json has them. */
	history(doc: string): Promise<Answer<readonly MomentRow[]>>
	moment(doc: string, at: number): Promise<Answer<readonly WireObject[]>>
	exportFile(doc: string, format: ExportFormat): Promise<Answer<string>>
	undo(doc: string): void
	redo(doc: string): void
	revert(doc: string, member: string, since_ms: number): void
	restore(doc: string, at: number): void

	dropUnsaved(id: string): void
	/** Where this person is when not on a canvas: the document (`class` for none). */
	here(doc: string): void
}

/** The workshop of a class: the same for every caller. It opens nothing by itself but what has unsaved words. */
export { openWorkshop } from './workshop'
