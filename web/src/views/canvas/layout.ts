/*
 * Where boxes stand, as numbers: the weights of the grid's rows and which box lies beside which. No elements here.
 */

/** A box's place on the grid, counted from 1. */
export interface Place {
	id: string
	col: number
	row: number
	w: number
	h: number
}

export type Direction = 'left' | 'right' | 'up' | 'down'

/**
 * How high each row is beside the others. A row of wide boxes needs less height for as many words; the root of the
 * widths' ratio keeps the areas near each other without making bands of any row. Rows without a box of their own
 * (only crossed by taller ones) weigh as the first does.
 */
export function rowWeights(places: readonly Place[], columns: number, rows: number): number[] {
	const weights: number[] = []
	for (let row = 1; row <= rows; row++) {
		const widths = places.filter((p) => p.h === 1 && p.row === row).map((p) => p.w)
		const crossing = places.filter((p) => p.row <= row && row < p.row + p.h).map((p) => p.w)
		const narrowest = Math.min(...(widths.length > 0 ? widths : crossing), columns)
		weights.push(Math.sqrt(columns / Math.max(1, narrowest)))
	}
	const most = Math.max(...weights)
	return weights.map((weight) => Math.round((weight / most) * 1000) / 1000)
}

const centre = (p: Place): [number, number] => [p.col + p.w / 2, p.row + p.h / 2]

const isBeyond: Record<Direction, (from: Place, to: Place) => boolean> = {
	left: (from, to) => to.col + to.w <= from.col,
	right: (from, to) => to.col >= from.col + from.w,
	up: (from, to) => to.row + to.h <= from.row,
	down: (from, to) => to.row >= from.row + from.h,
}

/** The nearest box in a direction: first those that share a row or column with this one, then the others. */
export function boxBeside(places: readonly Place[], id: string, direction: Direction): Place | undefined {
	const from = places.find((p) => p.id === id)
	if (!from) return undefined
	const [x, y] = centre(from)
	const isSideways = direction === 'left' || direction === 'right'
	const distance = (p: Place): number => {
		const [px, py] = centre(p)
		const [along, across] = isSideways ? [Math.abs(px - x), Math.abs(py - y)] : [Math.abs(py - y), Math.abs(px - x)]
		const shares = isSideways ? p.row < from.row + from.h && from.row < p.row + p.h : p.col < from.col + from.w && from.col < p.col + p.w
		return along + across * 2 + (shares ? 0 : 100)
	}
	return places
		.filter((p) => p.id !== id && isBeyond[direction](from, p))
		.sort((a, b) => distance(a) - distance(b) || a.row - b.row || a.col - b.col)[0]
}
