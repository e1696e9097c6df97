import { describe, expect, test } from 'vitest'
import type { BoxView } from '../../canvas'
import { Openings } from './openings'
import { fileName } from '../files/files'
import { boxKey, freePlace, fullTitle, hindrance, readTeams } from './teams'

const named = (n: number): string => `Team ${n}`
const box = (id: string, col: number, row: number, w: number, h: number) => ({ id, col, row, w, h }) as BoxView

describe('what is typed to make teams', () => {
	test('names between commas', () => {
		expect(readTeams(' Red,  Dark   blue ;', 'teams', named, [])).toEqual(['Red', 'Dark blue'])
	})
	test('so many teams, numbered around those there are', () => {
		expect(readTeams('3 Teams', 'teams', named, ['Team 2'])).toEqual(['Team 1', 'Team 3', 'Team 4'])
	})
	test('a name that begins with a number is a name', () => {
		expect(readTeams('7 dwarfs', 'teams', named, [])).toEqual(['7 dwarfs'])
		expect(readTeams('6', 'teams', named, [])).toEqual(['6'])
	})
	test('never hundreds, never none by zero', () => {
		expect(readTeams('999 teams', 'teams', named, [])).toHaveLength(60)
		expect(readTeams('0 teams', 'teams', named, [])).toEqual(['0 teams'])
		expect(readTeams(' , ', 'teams', named, [])).toEqual([])
	})
})

test('a canvas is told with its team, once, and so is its file', () => {
	expect(fullTitle({ title: 'Personas', teamName: '' })).toBe('Personas')
	expect(fullTitle({ title: 'Red: personas', teamName: 'Red' })).toBe('Red: personas')
	expect(fullTitle({ title: 'Personas', teamName: 'مها' })).toBe('\u2068مها\u2069 · \u2068Personas\u2069')
	expect(fileName(fullTitle({ title: 'Personas', teamName: 'Red' }), 'svg')).toBe('Red · Personas.svg')
})

describe('where a box may stand', () => {
	const boxes = [box('a', 1, 1, 2, 2), box('b', 3, 1, 2, 1)]
	test('not over another, not beyond the edge, and over itself', () => {
		expect(hindrance({ id: 'c', col: 2, row: 2, w: 1, h: 1 }, boxes, 4, 2)).toBe(boxes[0])
		expect(hindrance({ id: 'b', col: 3, row: 1, w: 2, h: 2 }, boxes, 4, 2)).toBeNull()
		expect(hindrance({ id: 'b', col: 4, row: 1, w: 2, h: 1 }, boxes, 4, 2)).toBe('edge')
		expect(hindrance({ id: 'b', col: 3, row: 1, w: 0, h: 1 }, boxes, 4, 2)).toBe('edge')
	})
	test('the largest free place, or none', () => {
		expect(freePlace('c', boxes, 4, 2)).toEqual({ id: 'c', col: 3, row: 2, w: 2, h: 1 })
		expect(freePlace('c', [box('a', 1, 1, 4, 2)], 4, 2)).toBeNull()
	})
	test('keys from titles', () => {
		expect(boxKey('Café & Co', new Set())).toBe('cafe-co')
		expect(boxKey('1. 顧客', new Set())).toBe('box')
		expect(boxKey('Pains', new Set(['pains', 'pains-2']))).toBe('pains-3')
		expect(boxKey('A very long title of a box indeed', new Set()).length).toBeLessThanOrEqual(24)
	})
})

test('no more canvases are open than the bound allows, and the next in line follows', () => {
	const open = new Set<string>()
	const openings = new Openings(2)
	const enter = (id: string) => openings.enter(id, (is) => (is ? open.add(id) : open.delete(id)))
	for (const id of ['a', 'b', 'c', 'd']) enter(id)
	expect([...open]).toEqual(['a', 'b'])
	openings.leave('c')
	openings.leave('a')
	expect([...open].sort()).toEqual(['b', 'd'])
	openings.leave('nobody')
	openings.leave('b')
	openings.leave('d')
	expect(open.size).toBe(0)
})
