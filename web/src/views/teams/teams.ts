/* What is typed to make teams, and where a box may stand on its grid: pure, for the screens of teams and settings. */
import type { BoxView, DocumentView } from '../../canvas'
import type { Place } from '../canvas/layout'

/** Whose it is and what it is called, each in its own direction; the team once, where the title begins with it. */
export function fullTitle({ title, teamName }: Pick<DocumentView, 'title' | 'teamName'>): string {
	return teamName === '' || title.startsWith(teamName) ? title : `\u2068${teamName}\u2069 · \u2068${title}\u2069`
}

/** More at once is a slip of the finger. */
const MOST = 60

/** As many teams as are asked for ("6 teams"), or one for each name between commas. `named` makes the n-th name. */
export function readTeams(text: string, word: string, named: (n: number) => string, taken: readonly string[]): string[] {
	const [, digits = '', unit = ''] = /^(\d{1,3})\s+(.+)$/u.exec(text.trim()) ?? []
	const wanted = Math.min(Number(digits), MOST)
	if (wanted > 0 && unit.toLocaleLowerCase() === word.toLocaleLowerCase()) {
		const names: string[] = []
		const known = new Set(taken)
		for (let n = 1; names.length < wanted; n++) if (!known.has(named(n))) names.push(named(n))
		return names
	}
	return text
		.split(/[,;\n]/)
		.map((name) => name.replace(/\s+/g, ' ').trim())
		.filter((name) => name !== '')
		.slice(0, MOST)
}

const overlaps = (a: Place, b: Place): boolean => a.col < b.col + b.w && b.col < a.col + a.w && a.row < b.row + b.h && b.row < a.row + a.h

/** What is in the way of a box there: another box, the grid's edge, or nothing. */
export function hindrance(place: Place, boxes: readonly BoxView[], columns: number, rows: number): BoxView | 'edge' | null {
	if (place.col < 1 || place.row < 1 || place.w < 1 || place.h < 1 || place.col + place.w - 1 > columns || place.row + place.h - 1 > rows) return 'edge'
	return boxes.find((box) => box.id !== place.id && overlaps(place, box)) ?? null
}

/** The largest free place on the grid, the topmost first; null if there is none. */
export function freePlace(id: string, boxes: readonly BoxView[], columns: number, rows: number): Place | null {
	let best: Place | null = null
	for (let row = 1; row <= rows; row++) {
		for (let col = 1; col <= columns; col++) {
			const place = { id, col, row, w: 1, h: 1 }
			if (hindrance(place, boxes, columns, rows)) continue
			while (!hindrance({ ...place, w: place.w + 1 }, boxes, columns, rows)) place.w++
			while (!hindrance({ ...place, h: place.h + 1 }, boxes, columns, rows)) place.h++
			if (!best || place.w * place.h > best.w * best.h) best = place
		}
	}
	return best
}

/** A key for a new box, from its title: letters, digits and dashes, the first a letter, none that is taken. */
export function boxKey(title: string, taken: ReadonlySet<string>): string {
	const plain = title.normalize('NFKD').toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^[^a-z]+|-+$/g, '').slice(0, 20).replace(/-+$/, '') || 'box'
	for (let n = 1; ; n++) {
		const key = n === 1 ? plain : `${plain}-${n}`
		if (!taken.has(key)) return key
	}
}
